// /v1/sign-in-provider and /v1/sign-in: an organization's own OpenID Connect provider.
import { z } from 'zod';
import { selectorSchema } from './runs.ts';

const domainSchema = z
  .string()
  .toLowerCase()
  .regex(
    /^(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    'must be a domain like example.com',
  );

/** Owners and admins are made by owners, never by a provider. */
const defaultRoleSchema = z.enum(['operator', 'approver', 'viewer']);

export const signInProviderSchema = z.object({
  id: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  /** It is believed about addresses of these alone. */
  domains: z.array(z.string()),
  defaultRole: defaultRoleSchema,
  defaultScope: z.string().nullable(),
});
export type SignInProvider = z.infer<typeof signInProviderSchema>;

export const shownSignInProviderSchema = z.object({
  provider: signInProviderSchema.nullable(),
  /** To be registered at the provider. */
  redirectUri: z.string(),
  /** The page on which its people begin; null: there is no provider. */
  signInUrl: z.string().nullable(),
});

export const setSignInProviderBodySchema = z.strictObject({
  issuer: z.url({ protocol: /^https?$/ }).max(500),
  clientId: z.string().min(1).max(500),
  clientSecret: z.string().min(1).max(2_000),
  domains: z.array(domainSchema).min(1).max(50),
  defaultRole: defaultRoleSchema.default('viewer'),
  defaultScope: selectorSchema.nullable().default(null),
});

export const beginSignInBodySchema = z.strictObject({
  provider: z.string().max(100),
  /** Where to go afterwards, on this site. */
  next: z
    .string()
    .max(500)
    .regex(/^\/(?![/\\])[^\\\s]*$/, 'must be a path of this site')
    .default('/'),
});
export const begunSignInSchema = z.object({ url: z.string() });
