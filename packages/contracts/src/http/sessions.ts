// /v1/sessions: where a member is signed in.
import { z } from 'zod';
import { timestampSchema } from './page.ts';

export const sessionSchema = z.object({
  id: z.string(),
  userAgent: z.string().nullable(),
  address: z.string().nullable(),
  /** The one that asks. */
  isCurrent: z.boolean(),
  createdAt: timestampSchema,
  renewedAt: timestampSchema,
  expiresAt: timestampSchema,
});
export type Session = z.infer<typeof sessionSchema>;
export const sessionListSchema = z.object({ items: z.array(sessionSchema), nextCursor: z.null() });
