// /v1/approvals: what waits for a second person.
import { z } from 'zod';
import { effectSchema } from '../domain/policy.ts';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const approvalStatusSchema = z.enum(['pending', 'approved', 'rejected', 'expired', 'void']);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

export const approvalSchema = z.object({
  id: z.string(),
  runId: z.string(),
  status: approvalStatusSchema,
  /** `sha256:…` over the action; see packages/envelope/action-digest. */
  actionDigest: z.string(),
  requestedBy: z.object({ id: z.string(), name: z.string() }),
  decidedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  reason: z.string().nullable(),
  /** Each text with its nodes. Control characters are shown escaped. */
  commands: z.array(
    z.object({
      step: z.string(),
      command: z.string(),
      nodeCount: z.int(),
      nodes: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
  ),
  reasons: z.array(z.string()),
  effects: z.array(effectSchema),
  /** False for the requester and for roles that can not decide. */
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
});
