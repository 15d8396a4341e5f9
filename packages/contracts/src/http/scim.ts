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

const shownMeta = (resourceType: 'User' | 'Group') =>
  z.object({
    resourceType: z.literal(resourceType),
    created: timestampSchema,
    lastModified: timestampSchema,
    location: z.string(),
  });
export const scimUserSchema = z.object({
  schemas: z.array(z.string()),
  id: z.string(),
  userName: z.string(),
  active: z.boolean(),
  externalId: z.string().optional(),
  displayName: z.string().optional(),
  name: z.object({ formatted: z.string() }).optional(),
  emails: z.array(z.object({ value: z.string(), primary: z.boolean() })),
  groups: z.array(z.object({ value: z.string(), display: z.string() })),
  meta: shownMeta('User'),
});
export const scimGroupSchema = z.object({
  schemas: z.array(z.string()),
  id: z.string(),
  displayName: z.string(),
  externalId: z.string().optional(),
  members: z.array(z.object({ value: z.string(), display: z.string() })),
  meta: shownMeta('Group'),
});

const listOf = <T extends z.ZodType>(resource: T) =>
  z.object({
    schemas: z.array(z.string()),
    totalResults: z.int(),
    startIndex: z.int(),
    itemsPerPage: z.int(),
    Resources: z.array(resource),
  });
export const scimUserListSchema = listOf(scimUserSchema);
export const scimGroupListSchema = listOf(scimGroupSchema);

/** What SENA's half of SCIM does and keeps (RFC 7643, 5 to 7). */
export const scimDescriptionSchema = z.looseObject({ schemas: z.array(z.string()) });
export const scimDescriptionListSchema = listOf(z.looseObject({}));

export const scimErrorSchema = z.object({
  schemas: z.array(z.string()),
  status: z.string(),
  scimType: z.string().optional(),
  detail: z.string(),
});
