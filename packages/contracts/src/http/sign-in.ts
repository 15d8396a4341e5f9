// /v1/sign-in-provider and /v1/sign-in: an organization's own provider, by OpenID Connect or by SAML.
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

const shownProvider = {
  id: z.string(),
  /** As the provider calls itself: issuer, or entity id. */
  issuer: z.string(),
  /** It is believed about addresses of these alone. */
  domains: z.array(z.string()),
  defaultRole: defaultRoleSchema,
  defaultScope: z.string().nullable(),
};

export const signInProviderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('oidc'), ...shownProvider, clientId: z.string() }),
  z.object({
    kind: z.literal('saml'),
    ...shownProvider,
    /** Where browsers are sent to. */
    ssoUrl: z.string(),
    certificates: z.array(z.object({ pem: z.string(), sha256: z.string(), validTo: z.string() })),
  }),
]);
export type SignInProvider = z.infer<typeof signInProviderSchema>;

export const shownSignInProviderSchema = z.object({
  provider: signInProviderSchema.nullable(),
  /** To be registered at an OpenID Connect provider. */
  redirectUri: z.string(),
  /** To be registered at a SAML provider. */
  saml: z.object({ entityId: z.string(), acsUrl: z.string(), metadataUrl: z.string() }),
  /** The page on which its people begin; null: there is no provider. */
  signInUrl: z.string().nullable(),
});

export type ShownSignInProvider = z.infer<typeof shownSignInProviderSchema>;

const wantedProvider = {
  domains: z.array(domainSchema).min(1).max(50),
  defaultRole: defaultRoleSchema.default('viewer'),
  defaultScope: selectorSchema.nullable().default(null),
};

export const setSignInProviderBodySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('oidc'),
    issuer: z.url({ protocol: /^https?$/ }).max(500),
    clientId: z.string().min(1).max(500),
    clientSecret: z.string().min(1).max(2_000),
    ...wantedProvider,
  }),
  z.strictObject({
    kind: z.literal('saml'),
    issuer: z.string().trim().min(1).max(1_000),
    ssoUrl: z
      .url({ protocol: /^https?$/ })
      .max(1_000)
      .regex(/^(https:|http:\/\/(localhost|127\.0\.0\.1)[:/])/, 'must begin with https:'),
    /** PEM, or base64 as metadata has it. Two while the provider changes its key. */
    certificates: z.array(z.string().min(1).max(10_000)).min(1).max(3),
    ...wantedProvider,
  }),
]);

export type WantedSignInProvider = z.infer<typeof setSignInProviderBodySchema>;

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
