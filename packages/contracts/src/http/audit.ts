// /v1/audit-events, newest first.
import { z } from 'zod';
import { actingKeySchema } from '../domain/principal.ts';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const auditEventSchema = z.object({
  id: z.string(),
  at: timestampSchema,
  action: z.string(),
  /** `member:…`, `service:…`, `satellite:…`. */
  actor: z.string(),
  /** What the actor is called now. null: one of SENA's services, or somebody who is gone. Not in the seal: the id is. */
  actorName: z.string().nullable(),
  /** With which API key they acted, as it was called then: this is sealed. null: with none. */
  actorKey: actingKeySchema.nullable(),
  subject: z.string(),
  /** What the subject is called, or the run that it belongs to. null: it has no name, or is gone. */
  subjectName: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
  /** Place in the sealed chain; null until the sealer has numbered it. */
  seq: z.int().nullable(),
  hash: z.string().nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;
export const auditListQuerySchema = pageQuerySchema.extend({ runId: z.string().optional() });
export const auditEventPageSchema = pageSchema(auditEventSchema);

export const auditExportQuerySchema = z.object({
  /** What an earlier export ended with: this one goes on after it. */
  afterSeq: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

/** /v1/audit-checkpoint: what vouches for the chain now. */
export const auditCheckpointSchema = z.object({
  /** Records in the chain, and events that wait for their place in it. */
  sealed: z.int(),
  unsealed: z.int(),
  /** Null until the first one is signed, about a minute after the first record. */
  checkpoint: z
    .object({ size: z.int(), root: z.string(), at: timestampSchema, keyId: z.string(), keyFingerprint: z.string() })
    .nullable(),
  /** Satellites that are enrolled. */
  witnesses: z.array(
    z.object({
      satelliteId: z.string(),
      name: z.string(),
      isConnected: z.boolean(),
      /** The last checkpoint that it has signed. */
      signed: z.object({ size: z.int(), at: timestampSchema }).nullable(),
      /** It was told of a past that does not continue what it saw. */
      refusal: z
        .object({ code: z.string(), message: z.string(), size: z.int(), seenSize: z.int(), at: timestampSchema })
        .nullable(),
    }),
  ),
});
export type AuditCheckpoint = z.infer<typeof auditCheckpointSchema>;

/** /v1/audit-verification: the chain read again and recomputed, by the server itself. */
export const auditVerificationSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('intact'),
    records: z.int(),
    unsealed: z.int(),
    /** As far as a checkpoint of the signer reaches, and as far as a satellite has signed one. */
    signedRecords: z.int(),
    witnessedRecords: z.int(),
    root: z.string(),
    durationMs: z.int(),
  }),
  z.object({
    kind: z.literal('broken'),
    /** The first record that does not hold; where it is one of several, the first and the last of them. */
    seq: z.int(),
    upToSeq: z.int(),
    eventId: z.string().nullable(),
    reason: z.string(),
    durationMs: z.int(),
  }),
  /** More records than a request may take: verify an export instead. */
  z.object({ kind: z.literal('too_long'), records: z.int(), recordsMax: z.int() }),
]);
export type AuditVerification = z.infer<typeof auditVerificationSchema>;

/** /v1/audit-sinks: where records are sent as they are sealed. */
export const auditSinkKindSchema = z.enum(['webhook', 'syslog']);
export const auditSinkSchema = z.object({
  id: z.string(),
  kind: auditSinkKindSchema,
  address: z.string(),
  createdAt: timestampSchema,
  /** The number of the last record that it has taken, and of the last that there is. */
  takenSeq: z.int(),
  lastSeq: z.int(),
  deliveredAt: timestampSchema.nullable(),
  /** In a row, up to now, and why. */
  failures: z.int(),
  lastError: z.string().nullable(),
  nextAttemptAt: timestampSchema,
});
export type AuditSink = z.infer<typeof auditSinkSchema>;
export const auditSinkListSchema = z.object({ items: z.array(auditSinkSchema), nextCursor: z.null() });
export const createAuditSinkBodySchema = z.strictObject({
  kind: auditSinkKindSchema,
  /** `https://…`, or `syslog+tls://host:6514` and `syslog+tcp://host:601`. */
  address: z.string().min(1).max(2_000),
  /** From the first record on, or only what is sealed from now on. */
  from: z.enum(['beginning', 'now']).default('beginning'),
});
/** `secret`: signs what a webhook is sent; null for syslog. */
export const createdAuditSinkSchema = auditSinkSchema.extend({ secret: z.string().nullable() });
