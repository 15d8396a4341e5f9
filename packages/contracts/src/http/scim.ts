// /v1/scim-tokens: what an organization's directory shows. /scim/v2: what it says about people and groups (RFC 7643, 7644). What it says
// beyond what stands here is not kept.
import { z } from 'zod';
import { pageSchema, timestampSchema } from './page.ts';

export const scimTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdBy: z.object({ id: z.string(), name: z.string() }),
  createdAt: timestampSchema,
  expiresAt: timestampSchema,
  /** To the minute. */
  lastUsedAt: timestampSchema.nullable(),
});
export type ScimToken = z.infer<typeof scimTokenSchema>;
export const scimTokenPageSchema = pageSchema(scimTokenSchema).extend({
  /** To be entered at the directory, with a token. */
  baseUrl: z.string(),
});
export const createScimTokenBodySchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  expiresInSeconds: z
    .int()
    .min(3_600)
    .max(366 * 86_400)
    .default(180 * 86_400),
});
/** The token is shown once. */
export const createdScimTokenSchema = scimTokenSchema.extend({ token: z.string() });

/** Directories also write it as a word. */
const activeSchema = z
  .union([z.boolean(), z.enum(['true', 'True', 'false', 'False'])])
  .transform((said) => said === true || said === 'true' || said === 'True');
const shortText = z.string().max(300);
const userNameSchema = z.email().max(320).toLowerCase();

export const scimUserBodySchema = z.looseObject({
  userName: userNameSchema,
  externalId: shortText.nullish(),
  displayName: shortText.nullish(),
  name: z.looseObject({ formatted: shortText.nullish() }).nullish(),
  active: activeSchema.default(true),
});

/** The attributes of a user that a change may be about. */
export const scimUserChangeSchema = z.looseObject({
  userName: userNameSchema.optional(),
  externalId: shortText.nullish(),
  displayName: shortText.nullish(),
  active: activeSchema.optional(),
});

const membersSchema = z.array(z.looseObject({ value: z.string().max(100) })).max(10_000);
export const scimGroupBodySchema = z.looseObject({
  displayName: z.string().trim().min(1).max(300),
  externalId: shortText.nullish(),
  members: membersSchema.nullish(),
});
export const scimGroupChangeSchema = z.looseObject({
  displayName: z.string().trim().min(1).max(300).optional(),
  externalId: shortText.nullish(),
  members: membersSchema.optional(),
});

export const scimPatchBodySchema = z.looseObject({
  Operations: z
    .array(
      z.looseObject({
        op: z
          .string()
          .toLowerCase()
          .pipe(z.enum(['add', 'remove', 'replace'])),
        path: z.string().max(500).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
export type ScimPatch = z.infer<typeof scimPatchBodySchema>;

export const scimListQuerySchema = z.looseObject({
  filter: z.string().max(1_000).optional(),
  startIndex: z.coerce.number().int().max(1_000_000).default(1),
  count: z.coerce.number().int().max(1_000_000).default(100),
});
