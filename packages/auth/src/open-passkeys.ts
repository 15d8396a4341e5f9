// Passkeys, of two kinds that are never taken for each other: one decides about changes, the other signs in. Entered by open-auth, around
// better-auth's plugin, which knows one kind and does not demand that the person was verified. Reads identity; the plugin writes it.
import { AsyncLocalStorage } from 'node:async_hooks';
import { passkey } from '@better-auth/passkey';
import { APIError } from 'better-auth/api';
import type pg from 'pg';

type Purpose = 'approval' | 'sign_in';

/** As `context` of generate-register-options says it; anything else is for approvals. */
export const signInContext = 'sign_in';

export function openPasskeys(pool: pg.Pool, { hostname, origin }: { hostname: string; origin: string }) {
  const registering = new AsyncLocalStorage<{ purpose: Purpose }>();
  const plugin = passkey({
    rpID: hostname,
    rpName: 'SENA',
    origin,
    authenticatorSelection: { userVerification: 'required' },
    registration: {
      afterVerification: async ({ ctx, context, verification }) => {
        if (verification.registrationInfo?.userVerified !== true) throw unverified();
        if (context !== signInContext) return;
        // Whoever's provider speaks for them in one organization gets no key to the others.
        const session = ctx.context.session?.session as { signInProviderId?: string | null } | undefined;
        if (session === undefined || session.signInProviderId != null)
          throw new APIError('FORBIDDEN', { code: 'SESSION_IS_OF_A_PROVIDER' });
        const registration = registering.getStore();
        if (registration === undefined) throw new Error('a passkey is registered outside of a request');
        registration.purpose = 'sign_in';
      },
    },
    authentication: {
      afterVerification: async ({ verification, clientData }) => {
        if (!verification.authenticationInfo.userVerified) throw unverified();
        const found = await pool.query<{ purpose: Purpose }>('select purpose from passkey where "credentialID" = $1', [
          clientData.id,
        ]);
        if (found.rows[0]?.purpose !== 'sign_in')
          throw new APIError('UNAUTHORIZED', { code: 'PASSKEY_IS_FOR_APPROVALS' });
      },
    },
  });
  return {
    plugin: {
      ...plugin,
      schema: {
        passkey: {
          ...plugin.schema.passkey,
          fields: {
            ...plugin.schema.passkey.fields,
            purpose: {
              ...{ type: 'string', required: false, input: false, returned: true },
              defaultValue: () => registering.getStore()?.purpose ?? 'approval',
            },
          },
        },
      },
    } as typeof plugin,
    /** Around each request: what it registers is of the kind that was asked for. */
    within: <T>(work: () => Promise<T>): Promise<T> => registering.run({ purpose: 'approval' }, work),
  };
}

function unverified(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'PERSON_NOT_VERIFIED' });
}
