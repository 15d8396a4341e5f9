// /v1/audit-events, newest first.
import { z } from 'zod';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const auditEventSchema = z.object({
  id: z.string(),
  at: timestampSchema,
  action: z.string(),
  /** `member:…`, `service:…`, `satellite:…`. */
  actor: z.string(),
  subject: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** Place in the sealed chain; null until the sealer has numbered it. */
  seq: z.int().nullable(),
  hash: z.string().nullable(),
});
export type AuditEvent = z.infer<typeof auditEventSchema>;
export const auditListQuerySchema = pageQuerySchema.extend({ runId: z.string().optional() });
export const auditEventPageSchema = pageSchema(auditEventSchema);
