// The signed dispatch: what one satellite may run, where, as whom, until when. Strict: an unknown field refuses.
import { z } from 'zod';
import { shellSchema } from './domain/policy.ts';

export const envelopeType = 'sena-dispatch+jws';

/** Limits per execution. */
export const executionLimitsSchema = z.strictObject({
  timeoutMs: z.int().min(1_000).max(86_400_000),
  /** Per stream; what is beyond is dropped and said so. */
  outputBytesMax: z.int().min(1_024).max(4_294_967_296),
  /** For so long a node that can't be reached is tried again, within the validity. Absent: it is not started at once. */
  nodeWaitMs: z.int().min(1_000).max(86_400_000).optional(),
});
export type ExecutionLimits = z.infer<typeof executionLimitsSchema>;

export const envelopeNodeSchema = z.strictObject({
  executionId: z.string(),
  nodeId: z.string(),
  name: z.string(),
  address: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535),
  /** `SHA256:…` of the expected host key, or null where only the satellite's own pins decide. */
  hostKey: z.string().nullable(),
  runAs: z.string().min(1).max(64),
  /** Names a credential in the satellite's own configuration; never the credential itself. */
  credential: z.string().min(1).max(128),
});
export type EnvelopeNode = z.infer<typeof envelopeNodeSchema>;

/** What a satellite needs, beside its envelope, to recompute the action digest (`@sena/envelope/action-digest`). */
export const actionProofSchema = z.strictObject({
  approvalNonce: z.string().max(128),
  notBefore: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }),
  /** One `sha256:…` a command of this satellite, its own among them. */
  commandLeaves: z.array(z.string().max(80)).min(1).max(1_000),
  /** One `sha256:…` for each other satellite of the action. */
  satelliteLeaves: z.array(z.string().max(80)).max(10_000),
});
export type ActionProof = z.infer<typeof actionProofSchema>;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');

/** What an approver's passkey signed (WebAuthn): its challenge is the action digest. */
export const passkeyAssertionSchema = z.strictObject({
  credentialId: base64url.max(1_400),
  authenticatorData: base64url.max(4_096),
  clientDataJSON: base64url.max(8_192),
  signature: base64url.max(2_048),
});
export type PasskeyAssertion = z.infer<typeof passkeyAssertionSchema>;

/** A passkey whose signatures over actions count: registered here, or listed at a satellite. */
export interface ListedPasskey {
  readonly rpId: string;
  /** Of the pages that may ask for it: exactly these. */
  readonly origins: readonly string[];
  readonly credentialId: string;
  /** COSE, base64url. */
  readonly publicKey: string;
}

/** The approval that let this action pass the gate. */
export const envelopeApprovalSchema = z.strictObject({
  approvalId: z.string(),
  actionDigest: z.string(),
  requestedBy: z.string(),
  decidedBy: z.string(),
  decidedAt: z.iso.datetime({ offset: true }),
  /** Binds the digest to this envelope; the satellite recomputes it. */
  proof: actionProofSchema,
  /** Null: decided without a passkey. The satellite's own policy says whether that is enough. */
  assertion: passkeyAssertionSchema.nullable(),
});
export type EnvelopeApproval = z.infer<typeof envelopeApprovalSchema>;

export const dispatchEnvelopeSchema = z.strictObject({
  v: z.literal(1),
  dispatchId: z.string(),
  organizationId: z.string(),
  runId: z.string(),
  step: z.string(),
  satelliteId: z.string(),
  assignmentEpoch: z.int().min(1),
  shell: shellSchema,
  command: z.string().min(1).max(16_384),
  environment: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string().max(4_096)),
  limits: executionLimitsSchema,
  /** What the cloud's policy said; the satellite asks its own as well. */
  readOnly: z.boolean(),
  notBefore: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }),
  nonce: z.string().min(16).max(64),
  approvals: z.array(envelopeApprovalSchema).max(4),
  nodes: z.array(envelopeNodeSchema).min(1).max(20_000),
  traceparent: z.string().nullable(),
});
export type DispatchEnvelope = z.infer<typeof dispatchEnvelopeSchema>;

export const inquiryType = 'sena-inquiry+jws';

/** What the cloud knows of an execution whose satellite is gone. */
export const inquiryNodeSchema = z.strictObject({
  ...envelopeNodeSchema.shape,
  /** Both of the satellite that was sent the command. No start: it never said that it had begun; no boot: it began without a guard. */
  startedAt: z.iso.datetime({ offset: true }).nullable(),
  bootId: z.string().min(1).max(64).nullable(),
  /** What is stored of its output already. */
  stdoutBytes: z.int().min(0),
  stderrBytes: z.int().min(0),
});
export type InquiryNode = z.infer<typeof inquiryNodeSchema>;

/**
 * What became of these commands, which another satellite was sent? It holds no command: whoever has it can look, follow, and plant
 * tombstones. So it rests on no approval.
 */
export const inquiryEnvelopeSchema = z.strictObject({
  v: z.literal(1),
  inquiryId: z.string(),
  dispatchId: z.string(),
  organizationId: z.string(),
  runId: z.string(),
  /** Who finds out. */
  satelliteId: z.string(),
  limits: executionLimitsSchema,
  notBefore: z.iso.datetime({ offset: true }),
  /** For its arrival. What was taken up in time is found out, however long that takes. */
  expiresAt: z.iso.datetime({ offset: true }),
  /** Until then the former satellite may still begin what it has not begun. */
  dispatchExpiresAt: z.iso.datetime({ offset: true }),
  nonce: z.string().min(16).max(64),
  nodes: z.array(inquiryNodeSchema).min(1).max(20_000),
  traceparent: z.string().nullable(),
});
export type InquiryEnvelope = z.infer<typeof inquiryEnvelopeSchema>;

/** What an approval is over. Every byte of it is in the digest; see DESIGN: any byte changed voids the approval. */
export const actionSchema = z.strictObject({
  v: z.literal(1),
  organizationId: z.string(),
  runId: z.string(),
  approvalNonce: z.string(),
  notBefore: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }),
  commands: z.array(
    z.strictObject({
      step: z.string(),
      shell: shellSchema,
      command: z.string(),
      environment: z.record(z.string(), z.string()),
      limits: executionLimitsSchema,
      /** Sorted by node id. */
      nodes: z.array(
        z.strictObject({
          nodeId: z.string(),
          satelliteId: z.string(),
          name: z.string(),
          address: z.string(),
          port: z.int(),
          hostKey: z.string().nullable(),
          runAs: z.string(),
          credential: z.string(),
        }),
      ),
    }),
  ),
});
export type Action = z.infer<typeof actionSchema>;
