// @node-saml/node-saml as it is used here: for one provider, one request and its answer. Pure; keeps nothing.
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { SamlProviderRow } from '../providers/provider.ts';

export interface SamlSettings {
  /** Where the provider's page posts its answer to. */
  readonly acsUrl: string;
  /** What SENA is called by this organization's provider: an answer for another organization is not for this one. */
  entityId(organizationId: string): string;
}

export const clockSkewMs = 60_000;

export function openSaml(settings: SamlSettings, provider: SamlProviderRow, requestId: string): SAML {
  const entityId = settings.entityId(provider.organization_id);
  return new SAML({
    issuer: entityId,
    audience: entityId,
    callbackUrl: settings.acsUrl,
    entryPoint: provider.sso_url,
    idpIssuer: provider.issuer,
    idpCert: provider.certificates,
    wantAssertionsSigned: true,
    // Where the whole answer is signed as well, that signature has to hold; the assertion's own is the one that counts.
    wantAuthnResponseSigned: false,
    signatureAlgorithm: 'sha256',
    acceptedClockSkewMs: clockSkewMs,
    disableRequestedAuthnContext: true,
    identifierFormat: null,
    generateUniqueId: () => requestId,
    validateInResponseTo: ValidateInResponseTo.always,
    // Which requests are open is kept in the database, by the caller.
    cacheProvider: {
      saveAsync: async (_key, value) => ({ value, createdAt: Date.now() }),
      getAsync: async (key) => (key === requestId ? new Date().toISOString() : null),
      removeAsync: async (key) => key,
    },
  });
}
