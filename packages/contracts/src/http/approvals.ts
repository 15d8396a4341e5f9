// /v1/approvals: what waits for a second person.
import { z } from 'zod';
import { effectSchema, shellSchema } from '../domain/policy.ts';
import { actingMemberSchema } from '../domain/principal.ts';
import { actionSchema, executionLimitsSchema, passkeyAssertionSchema } from '../envelope.ts';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const approvalStatusSchema = z.enum(['pending', 'approved', 'rejected', 'expired', 'void']);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

/** A node as it is to be reached, when it is approved. */
export const approvalNodeSchema = z.object({
  id: z.string(),
  name: z.string(),
  address: z.string(),
  port: z.int(),
  /** The login. */
  runAs: z.string(),
  /** Names a credential in the satellite’s configuration. */
  credential: z.string(),
  /** `SHA256:…`, or null where only the satellite’s own pins decide. */
  hostKey: z.string().nullable(),
  /** Through which satellite, and at which site that is. */
  satellite: z.object({ id: z.string(), name: z.string() }),
  site: z.string(),
  /** It was deleted meanwhile: even when it is approved, nothing runs. */
  isDeleted: z.boolean(),
});
export type ApprovalNode = z.infer<typeof approvalNodeSchema>;

export const approvalSchema = z.object({
  id: z.string(),
  runId: z.string(),
  status: approvalStatusSchema,
  /** `sha256:…` over the action; see packages/envelope/action-digest. */
  actionDigest: z.string(),
  requestedBy: actingMemberSchema,
  /** How many people besides the requester have to approve, and whether each needs a passkey for it. */
  approversRequired: z.int().min(1).max(2),
  passkeyRequired: z.boolean(),
  /** Each person's own, in their order. One that rejects ends it. */
  decisions: z.array(
    z.object({
      by: actingMemberSchema,
      decision: z.enum(['approve', 'reject']),
      reason: z.string().nullable(),
      at: timestampSchema,
    }),
  ),
  /** Whose decision ended it. */
  decidedBy: actingMemberSchema.nullable(),
  reason: z.string().nullable(),
  /** Each text with its nodes: all that the digest is over. Texts are shown, never raw: see `escapes`. */
  commands: z.array(
    z.object({
      step: z.string(),
      /** Control, invisible, direction-changing and look-alike characters are written as `\u{…}`. */
      command: z.string(),
      /** Where those stand in `command` (UTF-16 offsets). */
      escapes: z.array(z.object({ start: z.int(), end: z.int() })),
      shell: shellSchema,
      environment: z.record(z.string(), z.string()),
      limits: executionLimitsSchema,
      nodeCount: z.int(),
      /** A list names the first 20; the approval itself names all. */
      nodes: z.array(approvalNodeSchema),
    }),
  ),
  /** Nothing of it starts before. */
  notBefore: timestampSchema,
  reasons: z.array(z.string()),
  effects: z.array(effectSchema),
  /** Satellites that say that they change nothing without passkeys of so many people, whom they list themselves. */
  passkeys: z.array(z.object({ satellite: z.object({ id: z.string(), name: z.string() }), people: z.int() })),
  /** False for the requester, for roles that can not decide and for who has decided. */
  mayDecide: z.boolean(),
  createdAt: timestampSchema,
  expiresAt: timestampSchema,
  decidedAt: timestampSchema.nullable(),
});
export type Approval = z.infer<typeof approvalSchema>;
export const approvalListQuerySchema = pageQuerySchema.extend({ status: approvalStatusSchema.optional() });
export const approvalPageSchema = pageSchema(approvalSchema);

export const decideApprovalBodySchema = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  reason: z.string().trim().max(1_000).optional(),
  /** When sent, it must be the digest of what was shown; otherwise 409. */
  actionDigest: z.string().max(100).optional(),
  /** To approve with a passkey: what it signed, with the 32 bytes of the action digest as its challenge. */
  assertion: passkeyAssertionSchema.optional(),
});

/** Byte for byte what the digest is over: for who recomputes it. Not for eyes: what it holds may hide or pass for something else. */
export const approvalActionSchema = z.object({
  approvalId: z.string(),
  status: approvalStatusSchema,
  actionDigest: z.string(),
  requestedBy: actingMemberSchema,
  mayDecide: z.boolean(),
  passkeys: approvalSchema.shape.passkeys,
  /** Null: what is stored is not an action, and nobody can approve it. */
  action: actionSchema.nullable(),
});
export type ApprovalAction = z.infer<typeof approvalActionSchema>;
