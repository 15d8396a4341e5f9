import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrolBodySchema } from '@sena/contracts/http/fleet';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { isEnrolmentSigned } from '@sena/envelope/enrolment-proof';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callSatellite } from '../fixtures/satellite-process.ts';

const token = 'join-token-that-is-long-enough';
const dispatchKey = generateKeyPair();
let directory: string;
let config: string;
let server: Server;
let url: string;
let requests: unknown[];
let answer: { status: number; body: unknown };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sena-enrol-'));
  config = join(directory, 'satellite.json');
  requests = [];
  answer = {
    status: 201,
    body: {
      satelliteId: 'sat_1',
      organizationId: 'org_1',
      siteId: 'site_1',
      tunnelUrl: 'ws://127.0.0.1:1/v1/tunnel',
      dispatchKeys: [{ keyId: 'dkey_1', publicKey: dispatchKey.publicKeySpki, fingerprint: dispatchKey.fingerprint }],
    },
  };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      requests.push(request.url === '/v1/enrolments' && request.method === 'POST' ? JSON.parse(text) : request.url);
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

const enroll = (changes: Record<string, string> = {}) => {
  const options = { url, token, pin: dispatchKey.fingerprint, name: 'rack-a', config, ...changes };
  return callSatellite(['enroll', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])]);
};
const state = (name: string) => join(directory, 'satellite.state', name);

describe('enrolment', () => {
  it('sends the public key alone, with a signature by the private one, which it keeps for itself', async () => {
    const { code, stdout, stderr } = await enroll();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Pinned dispatch key dkey_1 ${dispatchKey.fingerprint}`);
    const body = enrolBodySchema.parse(requests[0]);
    expect(body).toMatchObject({ token, name: 'rack-a', pins: [dispatchKey.fingerprint] });
    expect(isEnrolmentSigned(body, body.proof)).toBe(true);
    expect(isEnrolmentSigned({ ...body, token: `${token}x` }, body.proof)).toBe(false);
    const key = readFileSync(state('identity.key'), 'utf8');
    expect(key).toContain('PRIVATE KEY');
    expect(statSync(state('identity.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'satellite.state')).mode & 0o777).toBe(0o700);
    expect(JSON.stringify(requests)).not.toContain(key.split('\n')[1]);
    expect(readFileSync(config, 'utf8') + readFileSync(state('enrolment.json'), 'utf8')).not.toContain(token);
  });

  it('done twice says so, spends no token and changes nothing', async () => {
    await enroll();
    const before = readFileSync(state('identity.key'), 'utf8');
    const again = await enroll();
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Already enrolled');
    expect(requests).toHaveLength(1);
    expect(readFileSync(state('identity.key'), 'utf8')).toBe(before);
  });

  it('with another dispatch key than the pinned one trusts nothing', async () => {
    const { code, stderr } = await enroll({ pin: generateKeyPair().fingerprint });
    expect(code).toBe(1);
    expect(stderr).toContain('is not the one you pinned');
    expect(existsSync(state('enrolment.json'))).toBe(false);
  });

  it('does not believe a fingerprint that the cloud claims for another key', async () => {
    const other = generateKeyPair();
    answer.body = {
      ...(answer.body as object),
      dispatchKeys: [{ keyId: 'dkey_1', publicKey: other.publicKeySpki, fingerprint: dispatchKey.fingerprint }],
    };
    expect((await enroll()).stderr).toContain('is not the one you pinned');
  });

  it('tells what the cloud said', async () => {
    answer = {
      status: 401,
      body: { title: 'x', detail: 'The join token has expired. Make a new one in the console.' },
    };
    const { code, stderr } = await enroll();
    expect([code, stderr]).toEqual([
      1,
      'The cloud refused (401): The join token has expired. Make a new one in the console.\n',
    ]);
    expect(stderr).not.toContain(token);
  });

  it('needs TLS, except to this machine', async () => {
    const { code, stderr } = await enroll({ url: 'http://sena.example.com' });
    expect(code).toBe(1);
    expect(stderr).toContain('Use https://sena.example.com');
  });

  it('says in a sentence what is wrong with what it was given', async () => {
    expect((await enroll({ pin: 'SHA256:short' })).stderr).toContain('Copy the whole join command again');
    expect((await enroll({ name: 'a b' })).stderr).toContain('--name');
    expect((await enroll({ url: 'nonsense' })).stderr).toContain('is not an address');
    const unreachable = await enroll({ url: 'http://127.0.0.1:1' });
    expect(unreachable.stderr).toContain("can't be reached");
    expect(requests).toEqual([]);
  });

  it('leaves a configuration that is already there as it is, and refuses one that it does not understand', async () => {
    writeFileSync(config, '{"credentials":{},"polcy":{}}');
    expect((await enroll()).stderr).toContain('polcy');
    const mine = '{"policy":{"changesAllowed":false}}';
    writeFileSync(config, mine);
    expect((await enroll()).code).toBe(0);
    expect(readFileSync(config, 'utf8')).toBe(mine);
  });
});

describe('status', () => {
  it('tells enrolment, pinned key, journal, halt switch, and that nothing runs', async () => {
    await enroll();
    const { code, stdout } = await callSatellite(['status', '--config', config]);
    expect(code).toBe(1);
    for (const word of ['rack-a (sat_1)', dispatchKey.fingerprint, 'not running', '0 finished', 'off']) {
      expect(stdout).toContain(word);
    }
    writeFileSync(state('HALT'), '');
    expect((await callSatellite(['status', '--config', config])).stdout).toContain('ON: nothing starts');
    const json = JSON.parse((await callSatellite(['status', '--config', config, '--json'])).stdout);
    expect(json).toMatchObject({ isHalted: true, process: null, journal: { unacked: 0 } });
  });

  it('says what to do where nothing is enrolled', async () => {
    expect((await callSatellite(['status', '--config', config])).stderr).toContain('add one in the console');
    expect((await callSatellite(['run', '--config', config])).stderr).toContain('add one in the console');
  });
});
