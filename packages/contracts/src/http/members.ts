// /v1/members, /v1/invitations, /v1/organizations: who belongs to an organization, and who is asked to.
import { z } from 'zod';
import { roleSchema } from '../domain/principal.ts';
import { pageSchema, timestampSchema } from './page.ts';
import { selectorSchema } from './runs.ts';

const scopeSchema = selectorSchema
  .nullable()
  .describe(
    'A selector: the nodes that an operator, approver or viewer may see and act on. null: all of them. Owners and admins have none.',
  );

export const organizationMemberSchema = z.object({
  /** Of the user. */
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  scope: z.string().nullable(),
  /** A second factor is asked for at sign-in. */
  secondFactor: z.boolean(),
  joinedAt: timestampSchema,
});
export type OrganizationMember = z.infer<typeof organizationMemberSchema>;
export const memberPageSchema = pageSchema(organizationMemberSchema);

/** What is left out stays as it is. */
export const changeMemberBodySchema = z.strictObject({ role: roleSchema.optional(), scope: scopeSchema.optional() });

export const invitationSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: roleSchema,
  scope: z.string().nullable(),
  status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
  invitedBy: z.object({ id: z.string(), name: z.string() }),
  createdAt: timestampSchema,
  expiresAt: timestampSchema,
});
export type Invitation = z.infer<typeof invitationSchema>;
export const invitationPageSchema = pageSchema(invitationSchema);

export const createInvitationBodySchema = z.strictObject({
  email: z.email().max(320),
  role: roleSchema,
  scope: scopeSchema.default(null),
  expiresInSeconds: z
    .int()
    .min(300)
    .max(30 * 86_400)
    .default(7 * 86_400),
});
/** The link is shown once. `mailed`: it went to the person by mail too. */
export const createdInvitationSchema = invitationSchema.extend({ link: z.string(), mailed: z.boolean() });

const invitationTokenSchema = z.string().min(20).max(200);
export const readInvitationBodySchema = z.strictObject({ token: invitationTokenSchema });
export const openInvitationSchema = z.object({
  organization: z.string(),
  email: z.string(),
  role: roleSchema,
  scope: z.string().nullable(),
  expiresAt: timestampSchema,
});
export const acceptInvitationBodySchema = z.strictObject({
  token: invitationTokenSchema,
  name: z.string().trim().min(1).max(200).optional(),
  password: z.string().min(12).max(256).optional(),
});
export const acceptedInvitationSchema = z.object({ organizationId: z.string(), email: z.string() });

export const organizationListSchema = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), role: roleSchema, isCurrent: z.boolean() })),
  nextCursor: z.null(),
});
