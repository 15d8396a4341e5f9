// /v1/api-keys: keys for programs, each with what it is limited to.
import { z } from 'zod';
import { permissionSchema } from '../domain/permission.ts';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Its first characters, to tell it from others. */
  start: z.string(),
  member: z.object({ id: z.string(), name: z.string() }),
  /** null: whatever its member may do. */
  scopes: z.array(permissionSchema).nullable(),
  status: z.enum(['active', 'expired', 'disabled']),
  /** To the minute. */
  lastUsedAt: timestampSchema.nullable(),
  expiresAt: timestampSchema.nullable(),
  createdAt: timestampSchema,
});
export type ApiKey = z.infer<typeof apiKeySchema>;
export const apiKeyPageSchema = pageSchema(apiKeySchema);

export const apiKeyListQuerySchema = pageQuerySchema.extend({
  of: z.enum(['me', 'everyone']).default('me').describe('`everyone` is for whoever manages members.'),
});

export const createApiKeyBodySchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z
    .array(permissionSchema)
    .min(1)
    .max(permissionSchema.options.length)
    .nullable()
    .default(null)
    .describe(
      'A part of what you may do; null: whatever you may do, as that changes. `sign-in:manage` is for people who are signed in alone.',
    ),
  expiresInSeconds: z
    .int()
    .min(60)
    .max(366 * 86_400)
    .nullable()
    .default(90 * 86_400)
    .describe('null: it does not expire.'),
});
/** The key is shown once. */
export const createdApiKeySchema = apiKeySchema.extend({ key: z.string() });
