// GET /v1/me: who is asking. Sign-in and sign-out themselves are better-auth's, below /api/auth.
import { z } from 'zod';
import { permissionSchema } from '../domain/permission.ts';
import { roleSchema } from '../domain/principal.ts';

export const meSchema = z.object({
  user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
  organization: z.object({ id: z.string(), name: z.string() }),
  role: roleSchema,
  /** A selector that narrows the role; null: every node. */
  scope: z.string().nullable(),
  /** What this session or key may do. */
  permissions: z.array(permissionSchema),
  by: z.enum(['session', 'api_key', 'service_token']),
  /** A second factor is asked for at sign-in. */
  secondFactor: z.boolean(),
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
