// A sign-in provider is named by a customer, and so is everything that its discovery document names: none of it may be on SENA's own network.
import dns from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { SenaError } from '@sena/contracts/errors';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { discover } from './begin-oidc.ts';
import { openGuardedFetch } from './guarded-fetch.ts';

/** The provider's address, which is allowed; what is inside has another. */
const outside = '127.0.0.2';
const inside = '127.0.0.1';
const settings = { redirectUri: 'https://sena.test/callback', allowedNetworks: [`${outside}/32`] };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let provider: Server;
let answer: Answer;
let issuer: string;
/** Counts connections, whatever is said on them. */
let secret: TcpServer;
let port: number;
let reached: number;

beforeAll(async () => {
  secret = createTcpServer((socket) => {
    reached += 1;
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}');
  });
  await new Promise<void>((resolve) => secret.listen(0, inside, resolve));
  port = (secret.address() as AddressInfo).port;
  provider = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => provider.listen(0, outside, resolve));
  issuer = `http://${outside}:${(provider.address() as AddressInfo).port}`;
});
beforeEach(() => {
  reached = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});
afterAll(async () => {
  provider.closeAllConnections();
  await Promise.all([provider, secret].map((server) => new Promise((resolve) => server.close(resolve))));
});

/** What DNS says to each question, one after the other; the last holds. */
function resolveTo(...answers: string[][]): { asked: number } {
  const told = { asked: 0 };
  vi.spyOn(dns, 'lookup').mockImplementation(((_name: string, _options: unknown, done: (...all: unknown[]) => void) => {
    const found = answers[Math.min(told.asked, answers.length - 1)] ?? [];
    told.asked += 1;
    const addresses = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    process.nextTick(() => done(null, addresses));
  }) as never);
  syncBuiltinESMExports();
  return told;
}

async function refusalOf(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    (result) => {
      throw new Error(`it was not refused: ${JSON.stringify(result)}`);
    },
    (reason: unknown) => reason,
  );
  const guarded = causesOf(error).find((cause) => cause instanceof SenaError);
  expect(guarded, String(error)).toMatchObject({ code: 'validation_failed' });
  expect(reached).toBe(0);
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

const client = { clientId: 'ours', clientSecret: 'a secret' };

describe('an issuer inside', () => {
  test.each([
    ...['127.0.0.1', '10.0.0.8', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['::1', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::1'],
  ])('by a name that resolves to %s', async (address) => {
    const told = resolveTo([address]);
    await refusalOf(discover(settings, { ...client, issuer: `https://login.example.org:${port}` }));
    expect(told.asked).toBe(1);
  });

  test('by a name that resolves to a public address and to one inside', async () => {
    resolveTo(['93.184.215.14', '127.0.0.1']);
    await refusalOf(discover(settings, { ...client, issuer: `https://login.example.org:${port}` }));
  });

  test.each([
    ...[
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:7f00:1]',
      '[::]',
      '0',
    ],
  ])('written as %s, by https and by http', async (host) => {
    for (const scheme of ['https', 'http'])
      await refusalOf(discover(settings, { ...client, issuer: `${scheme}://${host}:${port}` }));
  });
});

describe('a name that changes its mind', () => {
  test('between two requests is judged again, and within one it is asked once: what was judged is what is dialled', async () => {
    const dialled: string[] = [];
    const rebound = createTcpServer((socket) => {
      dialled.push(String(socket.localAddress));
      socket.on('error', () => undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => rebound.listen(port, outside, resolve));
    const told = resolveTo([outside], [inside]);
    const fetch = openGuardedFetch(settings.allowedNetworks);
    // No TLS is spoken there: it matters where it was dialled.
    await expect(fetch(`https://login.example.org:${port}/`)).rejects.not.toBeInstanceOf(SenaError);
    expect([told.asked, dialled, reached]).toEqual([1, [outside], 0]);
    await refusalOf(fetch(`https://login.example.org:${port}/`));
    expect(told.asked).toBe(2);
    await new Promise((resolve) => rebound.close(resolve));
  });
});

describe('a provider outside', () => {
  const json = (response: ServerResponse, body: object) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const documentOf = (changes: object = {}) => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/me`,
    jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ['ES256'],
    ...changes,
  });
  /** Signs in as far as the provider lets it: `changes` to its document, `overrides` to what it answers. */
  async function signIn(changes: object, overrides: Record<string, Answer> = {}): Promise<unknown> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    const idToken = await new SignJWT({ nonce: 'a nonce' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience('ours')
      .setSubject('ada')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
    const routes: Record<string, Answer> = {
      '/.well-known/openid-configuration': (_request, response) => json(response, documentOf(changes)),
      '/token': (_request, response) =>
        json(response, { access_token: 'access', token_type: 'bearer', expires_in: 60, id_token: idToken }),
      '/jwks': (_request, response) => json(response, { keys: [jwk] }),
      '/me': (_request, response) => json(response, { sub: 'ada', email: 'ada@example.org' }),
      ...overrides,
    };
    answer = (request, response) => {
      const route = routes[request.url ?? ''];
      if (route === undefined) response.writeHead(404).end();
      else route(request, response);
    };
    const config = await discover(settings, { ...client, issuer });
    const back = new URL(`${settings.redirectUri}?code=a-code&state=a-state`);
    const tokens = await oidc.authorizationCodeGrant(config, back, {
      ...{ pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: 'a-state', expectedNonce: 'a nonce' },
      idTokenExpected: true,
    });
    return oidc.fetchUserInfo(config, tokens.access_token, 'ada');
  }

  test('signs in, where nothing leads inside', async () => {
    expect(await signIn({})).toMatchObject({ email: 'ada@example.org' });
  });

  test.each(['token_endpoint', 'userinfo_endpoint', 'jwks_uri'])('whose document has its %s inside', async (name) => {
    for (const scheme of ['http', 'https']) await refusalOf(signIn({ [name]: `${scheme}://${inside}:${port}/x` }));
  });

  test.each(['/.well-known/openid-configuration', '/token', '/me', '/jwks'])(
    'whose %s sends elsewhere is not followed',
    async (path) => {
      for (const status of [301, 302, 303, 307, 308]) {
        const redirect: Answer = (_request, response) =>
          response.writeHead(status, { location: `http://${inside}:${port}/` }).end();
        await expect(signIn({}, { [path]: redirect })).rejects.toThrow();
        expect(reached).toBe(0);
      }
    },
  );
});
