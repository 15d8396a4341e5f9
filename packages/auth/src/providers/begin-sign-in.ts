// A browser leaves for its organization's provider, whichever kind that is. Entered by the gateway. Writes sign_in_attempts only.
import { randomBytes } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import { beginOidc, type OidcSettings } from '../oidc/begin-oidc.ts';
import type { SenaAuth } from '../open-auth.ts';
import { beginSaml } from '../saml/begin-saml.ts';
import type { SamlSettings } from '../saml/open-saml.ts';
import { findProvider } from './provider.ts';

/** `state` belongs into a cookie of this browser. Throws `not_found`, `backend_unavailable`. */
export async function beginSignIn(
  auth: SenaAuth,
  settings: { readonly oidc: OidcSettings; readonly saml: SamlSettings },
  { providerId, nextPath }: { providerId: string; nextPath: string },
): Promise<{ url: string; state: string }> {
  const provider = await findProvider(auth.pool, providerId);
  if (provider === null) {
    throw new SenaError(
      'not_found',
      'This sign-in link leads nowhere. Ask an owner of your organization for the current one.',
    );
  }
  const state = randomBytes(32).toString('base64url');
  switch (provider.kind) {
    case 'oidc':
      return { url: await beginOidc(auth, settings.oidc, { provider, state, nextPath }), state };
    case 'saml':
      return { url: await beginSaml(auth, settings.saml, { provider, state, nextPath }), state };
  }
}
