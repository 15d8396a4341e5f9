// GET /v1/me: who is asking. Sign-in and sign-out themselves are better-auth's, below /api/auth.
import { z } from 'zod';
import { roleSchema } from '../domain/principal.ts';

export const meSchema = z.object({
  user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string() }),
  role: roleSchema,
  /** What this process can think with: `runbook` always, `model` when one is configured. */
  planners: z.array(z.enum(['runbook', 'model'])),
});
export type Me = z.infer<typeof meSchema>;

export const runbookSchema = z.object({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  questions: z.array(z.string()),
  commands: z.array(z.string()),
});
export const runbookListSchema = z.object({ items: z.array(runbookSchema), nextCursor: z.null() });
