// Identity, by better-auth: passwords, sessions, API keys, passkeys. Entered by the gateway (once a process) and by seed-member.
// Works in the schema `identity` alone, as the role sena_identity. Members are seeded, invited or brought by their organization's provider;
// nobody signs up.
import { createHmac } from 'node:crypto';
import { apiKey } from '@better-auth/api-key';
import { type IdPrefix, newId } from '@sena/contracts/ids';
import { boundSilence } from '@sena/db/bound-silence';
import { betterAuth } from 'better-auth';
import { isAPIError } from 'better-auth/api';
import { organization, twoFactor } from 'better-auth/plugins';
import pg from 'pg';
import { openPersonChoice } from './choose-person.ts';
import { openPasskeys } from './open-passkeys.ts';
import { openSignInLimit } from './sign-in-limit.ts';

export interface SenaAuth {
  /**
   * Answers requests below /api/auth. Takes the client's address from `x-forwarded-for`, so the caller sets it. Throws what PostgreSQL's driver
   * throws while that is away.
   */
  handler(request: Request): Promise<Response>;
  /** The user and organization of a session cookie; null when it is forged, expired or ended. */
  readSession(headers: Headers): Promise<{
    sessionId: string;
    userId: string;
    activeOrganizationId: string | null;
    /** Begun by an organization's provider, which speaks for that organization alone. */
    isOfProvider: boolean;
  } | null>;
  /** Role sena_identity. */
  readonly pool: pg.Pool;
  readonly serviceTokenSecret: string;
  readonly authSecret: string;
  /** The `Set-Cookie` line of a session that was begun elsewhere than in better-auth. */
  sessionCookie(token: string): Promise<string>;
  /** For seed-member: better-auth's own hash. */
  readonly password: {
    hash(password: string): Promise<string>;
    verify(password: string, hash: string): Promise<boolean>;
  };
  /** Rejects with the reason when the identity schema does not answer. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface AuthOptions {
  /** PostgreSQL, role sena_identity. */
  readonly authUrl: string;
  /** Signs session cookies, ≥ 32 characters. */
  readonly authSecret: string;
  readonly serviceTokenSecret: string;
  /** The one public address; cookies are `__Host-` and `Secure` when it is https. */
  readonly publicUrl: string;
  /** better-auth's warnings and errors, without what they were about. */
  readonly onLog: (level: 'warn' | 'error', message: string) => void;
  readonly connectionsMax?: number;
  /** 10 s; longer for who has nobody waiting. */
  readonly connectTimeoutMs?: number;
  /** 25 s; longer than any statement lasts. */
  readonly silentMsMax?: number;
}

export const apiKeyPrefix = 'sena_';

const sessionSeconds = 7 * 24 * 3_600;
const sessionRenewedAfterSeconds = 24 * 3_600;

export function openAuth(options: AuthOptions): SenaAuth {
  const pool = new pg.Pool({
    connectionString: options.authUrl,
    max: options.connectionsMax ?? 10,
    application_name: 'sena-identity',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    statement_timeout: 20_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // As in openPool: a new connection plans everything anew.
    idleTimeoutMillis: 300_000,
  });
  // pg's own `query_timeout` would give the query up and hand the dead connection to the next one.
  boundSilence(pool, options.silentMsMax ?? 25_000);
  // An idle connection that breaks must not end the process; the next query opens another.
  pool.on('error', (error) => options.onLog('warn', `an identity connection was lost: ${error.message}`));
  // Nor one that is in use: it fails its query, and tells its own listeners besides.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const passkeys = openPasskeys(pool, new URL(options.publicUrl));
  const auth = createBetterAuth(options, pool, passkeys.plugin);
  const signInLimit = openSignInLimit(pool);
  const persons = openPersonChoice(pool);
  const context = auth.$context.then((opened) => {
    persons.answerWithChosen(opened.internalAdapter);
    return opened;
  });

  /** Also asked where better-auth failed, or knows nobody: it says so of an identity schema that is away, too, and drops the reason. */
  async function ready(): Promise<void> {
    await pool.query('select 1');
  }

  return {
    pool,
    serviceTokenSecret: options.serviceTokenSecret,
    authSecret: options.authSecret,
    sessionCookie: async (token) => {
      const { name, attributes } = (await context).authCookies.sessionToken;
      const signature = createHmac('sha256', options.authSecret).update(token).digest('base64');
      const secure = attributes.secure ? '; Secure' : '';
      return `${name}=${encodeURIComponent(`${token}.${signature}`)}; Path=/; HttpOnly; SameSite=Lax${secure}`;
    },
    handler: async (request) => {
      const answer = await signInLimit(request, async (limited) => {
        const { password } = await context;
        return persons.within(limited, password, () => passkeys.within(() => auth.handler(limited)));
      });
      if (answer.status === 401 || answer.status >= 500) await ready();
      return answer;
    },
    readSession: async (headers) => {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } }).catch(async (error) => {
        await ready();
        throw error;
      });
      if (found === null) return null;
      const { id, userId, activeOrganizationId, signInProviderId } = found.session as {
        id: string;
        userId: string;
        activeOrganizationId?: string | null;
        signInProviderId?: string | null;
      };
      return {
        sessionId: id,
        userId,
        activeOrganizationId: activeOrganizationId ?? null,
        isOfProvider: signInProviderId != null,
      };
    },
    password: {
      hash: async (password) => (await context).password.hash(password),
      verify: async (password, hash) => (await context).password.verify({ password, hash }),
    },
    ready,
    close: () => pool.end(),
  };
}

const idPrefixOf: Record<string, IdPrefix> = {
  user: 'user',
  organization: 'org',
  apikey: 'key',
  session: 'sess',
  account: 'acct',
  member: 'memb',
  invitation: 'inv',
  verification: 'vrf',
  twoFactor: 'totp',
  passkey: 'pass',
};

function createBetterAuth(options: AuthOptions, pool: pg.Pool, passkeys: ReturnType<typeof openPasskeys>['plugin']) {
  const { origin, protocol } = new URL(options.publicUrl);
  return betterAuth({
    appName: 'SENA',
    baseURL: options.publicUrl,
    basePath: '/api/auth',
    secret: options.authSecret,
    trustedOrigins: [origin],
    database: pool,
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 12, maxPasswordLength: 256 },
    session: {
      // Set by providers/begin-provider-session alone.
      additionalFields: { signInProviderId: { type: 'string', required: false, input: false, returned: true } },
      expiresIn: sessionSeconds,
      updateAge: sessionRenewedAfterSeconds,
      cookieCache: { enabled: false },
    },
    // Requests are bounded by the gateway, wrong passwords by sign-in-limit, for all gateways together.
    rateLimit: { enabled: false },
    advanced: {
      // Over https the browser itself holds that no other host and no other path has set them, and that they have never been sent in clear.
      // (better-auth's own prefix, `__Secure-`, holds the last only.)
      useSecureCookies: false,
      cookiePrefix: protocol === 'https:' ? '__Host-sena' : 'sena',
      defaultCookieAttributes: { secure: protocol === 'https:', httpOnly: true, sameSite: 'lax', path: '/' },
      // Off in better-auth's own idea of a test environment: here it is never off.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      // Whole: people are to recognize their own address.
      ipAddress: { ipAddressHeaders: ['x-forwarded-for'], ipv6Subnet: 128 },
      database: { generateId: ({ model }) => newId(idPrefixOf[model] ?? 'vrf') },
    },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => ({
            data: { ...session, activeOrganizationId: await firstOrganizationOf(pool, session.userId) },
          }),
        },
      },
    },
    onAPIError: {
      // Refusals are answered and logged by the gateway; what else goes wrong is said here.
      onError: (error) => {
        if (!isAPIError(error))
          options.onLog('error', error instanceof Error ? `${error.name}: ${error.message}` : 'failed');
      },
    },
    logger: {
      level: 'warn',
      // Its arguments may hold what was sent.
      log: (level, message) => {
        if (level === 'warn' || level === 'error') options.onLog(level, message.replaceAll(/\S+@\S+/g, '[address]'));
      },
    },
    plugins: [
      passkeys,
      organization({ allowUserToCreateOrganization: false }),
      // Ten wrong codes lock the account's second factor for a quarter of an hour, whatever challenge they belong to.
      twoFactor({ issuer: 'SENA', accountLockout: { enabled: true, maxFailedAttempts: 10, durationSeconds: 900 } }),
      apiKey({
        defaultPrefix: apiKeyPrefix,
        enableMetadata: true,
        rateLimit: { enabled: false },
        customAPIKeyGetter: () => null,
      }),
    ],
  });
}

async function firstOrganizationOf(pool: pg.Pool, userId: string): Promise<string | null> {
  const found = await pool.query<{ organizationId: string }>(
    'select "organizationId" from "member" where "userId" = $1 order by "createdAt", id limit 1',
    [userId],
  );
  return found.rows[0]?.organizationId ?? null;
}
