// TOTP: switched on with a code, asked for at every sign-in, bounded against guessing, and got around by nothing but a backup code.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  openTestGateway,
  type TestGateway,
  testPassword,
  testPublicUrl,
} from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let secret: Buffer;
let backupCodes: string[];

const post = (path: string, body: object, cookie?: string) =>
  gateway.call('POST', `/api/auth/${path}`, {
    as: null,
    body,
    headers: cookie === undefined ? {} : { cookie, origin: testPublicUrl },
  });
const cookiesOf = (answer: Answer) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .filter((cookie) => !cookie?.endsWith('='))
    .join('; ');
const password = () => post('sign-in/email', { email: gateway.ours.members.viewer.email, password: testPassword });
const me = (cookie: string) => gateway.call('GET', '/v1/me', { as: null, headers: { cookie } });

/** RFC 6238, as an authenticator does it. */
function code(atMs = Date.now()): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) as number) & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
const wrongCode = () => String((Number(code()) + 500_000) % 1_000_000).padStart(6, '0');

function fromBase32(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text.replace(/=+$/, '')]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'viewer']);
  const cookie = cookiesOf(await password());
  expect((await post('two-factor/enable', { password: 'not the password' }, cookie)).json.code).toBe(
    'validation_failed',
  );
  const enabled = await post('two-factor/enable', { password: testPassword }, cookie);
  expect(enabled.status, enabled.text).toBe(200);
  secret = fromBase32(new URL(enabled.json.totpURI).searchParams.get('secret') ?? '');
  ({ backupCodes } = enabled.json);
  // Not yet: nobody is locked out by a secret that no authenticator has.
  expect((await password()).json.twoFactorRedirect).toBeUndefined();
  expect((await post('two-factor/verify-totp', { code: code() }, cookie)).status).toBe(200);
}, 60_000);
afterAll(() => gateway.close());

describe('with a second factor', () => {
  it('a password alone is no session', async () => {
    const answer = await password();
    expect(answer.json).toMatchObject({ twoFactorRedirect: true });
    expect(answer.json.token).toBeUndefined();
    expect((await me(cookiesOf(answer))).status).toBe(401);
  });

  it('the code is the other half', async () => {
    const half = cookiesOf(await password());
    expect((await post('two-factor/verify-totp', { code: wrongCode() }, half)).json).toMatchObject({
      code: 'unauthenticated',
      detail: expect.stringContaining('code is wrong'),
    });
    const whole = await post('two-factor/verify-totp', { code: code() }, half);
    expect(whole.status, whole.text).toBe(200);
    expect((await me(cookiesOf(whole))).json).toMatchObject({ role: 'viewer', secondFactor: true });
    // The challenge is over.
    expect((await post('two-factor/verify-totp', { code: code() }, half)).json.code).toBe('unauthenticated');
  });

  it('without a challenge a code is worth nothing', async () => {
    expect((await post('two-factor/verify-totp', { code: code() })).json.code).toBe('unauthenticated');
  });

  it('a backup code works once', async () => {
    const spend = async () =>
      post('two-factor/verify-backup-code', { code: backupCodes[0] as string }, cookiesOf(await password()));
    expect((await spend()).status).toBe(200);
    expect((await spend()).json.code).toBe('unauthenticated');
  });

  it('neither the secret nor a code is stored in the clear or told', async () => {
    const rows = await gateway.admin.query(
      `select (select json_agg(t)::text from identity."twoFactor" t) || (select json_agg(a)::text from sena.audit_events a) as text`,
    );
    for (const hidden of [...backupCodes, secret.toString('utf8')]) {
      expect(rows.rows[0].text).not.toContain(hidden);
      expect(gateway.log.join('')).not.toContain(hidden);
    }
    const { rows: events } = await gateway.admin.query(
      `select actor from sena.audit_events where action = 'second_factor.enabled'`,
    );
    expect(events).toEqual([{ actor: `member:${gateway.ours.members.viewer.userId}` }]);
    const members = await gateway.call('GET', '/v1/members');
    expect(members.json.items.map((member: { secondFactor: boolean }) => member.secondFactor)).toEqual([false, true]);
  });

  it('guessing ends: new challenges do not help', async () => {
    let refusal: Answer | undefined;
    for (let i = 0; i < 14 && refusal === undefined; i++) {
      const answer = await post('two-factor/verify-totp', { code: wrongCode() }, cookiesOf(await password()));
      if (answer.status === 429) refusal = answer;
      else expect(answer.json.code).toBe('unauthenticated');
    }
    expect(refusal?.json.code).toBe('rate_limited');
    const right = await post('two-factor/verify-totp', { code: code() }, cookiesOf(await password()));
    expect(right.json.code).toBe('rate_limited');
  });
});
