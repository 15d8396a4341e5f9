import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DispatchKeyStatement } from '@sena/contracts/domain/dispatch-key';
import type { SatelliteFrame, Session } from '@sena/contracts/frames';
import { newId } from '@sena/contracts/ids';
import { generateKeyPair, type KeyPair } from '@sena/envelope/dispatch-key';
import { isIdentityChangeSigned } from '@sena/envelope/identity-change';
import { signKeyStatement } from '@sena/envelope/sign-key-statement';
import { createLogger } from '@sena/telemetry/logger';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnrolment, writeEnrolment } from '../config/enrolment.ts';
import { createIdentity, type Identity, loadIdentity } from '../config/identity.ts';
import { loadSatelliteConfig, type SatelliteConfig } from '../config/satellite-config.ts';
import { openStateDirectory, type StateFiles } from '../config/state-directory.ts';
import { type ScriptedRelay, startScriptedRelay } from '../fixtures/scripted-relay.ts';
import { makeDispatch, type TestSite } from '../fixtures/test-site.ts';
import { openJournal } from '../journal/open-journal.ts';
import { type RunningSatellite, startSatellite } from '../start-satellite.ts';

const ids = { satelliteId: 'sat_1', organizationId: 'org_1' };
const pairs = Array.from({ length: 4 }, generateKeyPair);
const pair = (n: number) => pairs[n - 1] as KeyPair;

let directory: string;
let relay: ScriptedRelay;
let config: SatelliteConfig;
let state: StateFiles;
let own: Identity;
let running: RunningSatellite | null;
let logs: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sena-trust-'));
  relay = await startScriptedRelay(ids);
  relay.behaviour.protocols = [3];
  await configure({});
  own = createIdentity(state.identityKey);
  await (await openJournal(state.journal, { isEnrolling: true })).close();
  writeEnrolment(state.enrolment, {
    ...{ url: 'http://127.0.0.1:1/', tunnelUrl: relay.url, ...ids, siteId: 'site_1', name: 'test' },
    enrolledAt: new Date().toISOString(),
    dispatchKeys: [{ keyId: 'dkey_1', publicKey: pair(1).publicKeySpki, fingerprint: pair(1).fingerprint }],
  });
  running = null;
  logs = [];
});
afterEach(async () => {
  await running?.stop(0);
  await relay.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function configure(content: object): Promise<void> {
  const file = join(directory, 'satellite.json');
  writeFileSync(file, JSON.stringify(content));
  config = loadSatelliteConfig(file);
  state = openStateDirectory(config.stateDirectory);
}
async function start(): Promise<void> {
  const before = relay.connections();
  const logger = createLogger('satellite', 'info', { write: (line) => void logs.push(line) });
  running = await startSatellite(config, logger, { refusedDelayMs: 100 });
  await relay.connected(before + 1);
}
async function restart(): Promise<void> {
  await running?.stop(0);
  await start();
}
type Named<T extends SatelliteFrame['t']> = Extract<SatelliteFrame, { t: T }>;
const said = <T extends SatelliteFrame['t']>(t: T): Array<Named<T>> =>
  relay.frames.filter((frame): frame is Named<T> => frame.t === t);
const saidNext = <T extends SatelliteFrame['t']>(t: T, count: number) =>
  relay.until(`${t} ${count}`, () => said(t)[count - 1]);

describe('dispatch keys', () => {
  const notBefore = new Date(Date.now() - 60_000).toISOString();
  const statement = (words: object, by: number, key: KeyPair = pair(by)) =>
    signKeyStatement({ v: 1, organizationId: ids.organizationId, notBefore, ...words } as DispatchKeyStatement, {
      ...{ keyId: `dkey_${by}`, privateKey: key.privateKey },
    });
  const succession = (n: number, sequence: number, key?: KeyPair) =>
    statement(
      {
        ...{ kind: 'succession', sequence, keyId: `dkey_${n}`, publicKey: pair(n).publicKeySpki },
        previousKeyId: `dkey_${n - 1}`,
      },
      n - 1,
      key,
    );
  const retirement = (n: number, sequence: number, by: number) =>
    statement({ kind: 'retirement', sequence, retiredKeyId: `dkey_${n}` }, by);

  test('a new one is on disk before the satellite says that it believes it, and is believed after a restart', async () => {
    await start();
    expect(said('hello')[0]?.dispatchKeys).toEqual({ sequence: 1, newestKeyId: 'dkey_1' });
    relay.send({
      t: 'dispatch-keys',
      statements: [await succession(2, 2), await succession(3, 3), await retirement(1, 4, 3)],
    });
    expect(await saidNext('dispatch-keys-followed', 1)).toEqual({
      ...{ t: 'dispatch-keys-followed', sequence: 4, newestKeyId: 'dkey_3' },
    });
    const kept = readEnrolment(state.enrolment);
    expect(kept).toMatchObject({ keySequence: 4, newestKeyId: 'dkey_3' });
    expect(kept?.dispatchKeys.map(({ keyId, retiredAt }) => [keyId, retiredAt !== null])).toEqual([
      ['dkey_1', true],
      ['dkey_2', false],
      ['dkey_3', false],
    ]);
    await restart();
    expect(said('hello')[1]?.dispatchKeys).toEqual({ sequence: 4, newestKeyId: 'dkey_3' });
    // Told again, because the answer was lost: the same answer.
    relay.send({ t: 'dispatch-keys', statements: [await succession(2, 2)] });
    expect(await saidNext('dispatch-keys-followed', 2)).toMatchObject({ sequence: 4 });
  });

  test('while both are believed what either has signed is taken; once the old one is retired it signs nothing more', async () => {
    await start();
    const node = { nodeId: newId('node'), name: 'web', address: '127.0.0.1', port: 1, hostKey: null };
    const taken = async (n: number) => {
      const site = { ids, signer: pair(n) } as unknown as TestSite;
      const nodes = [{ ...node, runAs: 'nobody', credential: 'default' }];
      const { frame } = await makeDispatch(site, 'hostname', nodes, {}, `dkey_${n}`);
      relay.send(frame);
      const { accepted, code } = await relay.ack(frame.dispatchId);
      return accepted ? 'taken' : code;
    };
    expect([await taken(1), await taken(2)]).toEqual(['taken', 'envelope_key_unknown']);
    relay.send({ t: 'dispatch-keys', statements: [await succession(2, 2)] });
    await saidNext('dispatch-keys-followed', 1);
    expect([await taken(1), await taken(2)]).toEqual(['taken', 'taken']);
    relay.send({ t: 'dispatch-keys', statements: [await retirement(1, 3, 2)] });
    expect([await taken(1), await taken(2)]).toEqual(['envelope_key_unknown', 'taken']);
    await restart();
    expect([await taken(1), await taken(2)]).toEqual(['envelope_key_unknown', 'taken']);
  });

  test('from a relay with a key of its own nothing is learned, and it is said', async () => {
    await start();
    const before = readFileSync(state.enrolment, 'utf8');
    relay.send({ t: 'dispatch-keys', statements: [await succession(2, 2, generateKeyPair())] });
    expect(await saidNext('dispatch-keys-refused', 1)).toMatchObject({
      sequence: 1,
      code: 'statement_signature_wrong',
    });
    relay.send({ t: 'dispatch-keys', statements: [await succession(3, 3)] });
    expect(await saidNext('dispatch-keys-refused', 2)).toMatchObject({ code: 'statement_out_of_line' });
    expect(readFileSync(state.enrolment, 'utf8')).toBe(before);
    expect(logs.join('')).toMatch(/new dispatch keys are not believed/);
  });
});

describe('the satellite’s own key', () => {
  /** What the cloud knows, and does with a change: commits it, and answers or not. */
  function playCloud({ answers }: { answers: boolean }) {
    const cloud = { publicKey: own.publicKeySpki, answers, changes: 0 };
    relay.behaviour.session = ({ session }) => ({ counter: (session?.counter ?? 0) + 1, token: 'token' });
    relay.behaviour.refuses = ({ publicKey }) =>
      publicKey === cloud.publicKey ? null : { code: 'satellite_unknown', message: 'This key is not enrolled here.' };
    relay.behaviour.changesIdentity = (frame, { nonce, relayId }) => {
      const { publicKey, formerSignature, signature } = frame;
      const words = { satelliteId: ids.satelliteId, formerPublicKey: cloud.publicKey, publicKey, nonce, relayId };
      const accepted = isIdentityChangeSigned(words, formerSignature, signature);
      cloud.changes += 1;
      if (accepted) cloud.publicKey = publicKey;
      return cloud.answers ? { t: 'identity-changed', publicKey, accepted, message: null } : null;
    };
    return cloud;
  }

  test('is changed when another one lies beside it, and the former is gone', async () => {
    const cloud = playCloud({ answers: true });
    const next = createIdentity(state.nextIdentityKey);
    await start();
    await relay.until('it has taken its place', () => !existsSync(state.nextIdentityKey));
    expect(loadIdentity(state.identityKey).fingerprint).toBe(next.fingerprint);
    expect(cloud.publicKey).toBe(next.publicKeySpki);
    await restart();
    expect(said('hello').at(-1)?.publicKey).toBe(next.publicKeySpki);
  });

  test('is changed also while it runs, when the command has made one', async () => {
    const cloud = playCloud({ answers: true });
    await start();
    const next = createIdentity(state.nextIdentityKey);
    await relay.until('it has taken its place', () => !existsSync(state.nextIdentityKey));
    expect(cloud.publicKey).toBe(next.publicKeySpki);
  });

  test('stopped before the cloud was told, it comes with the former one and tells it then', async () => {
    const cloud = playCloud({ answers: true });
    createIdentity(state.nextIdentityKey);
    // As it lies there after a crash: nothing was said.
    expect(cloud.changes).toBe(0);
    await start();
    expect(said('hello')[0]?.publicKey).toBe(own.publicKeySpki);
    await relay.until('it has taken its place', () => !existsSync(state.nextIdentityKey));
  });

  test('where the cloud took it and the answer was lost, the new one opens the tunnel at once, and takes its place', async () => {
    const cloud = playCloud({ answers: false });
    const next = createIdentity(state.nextIdentityKey);
    await start();
    await relay.until('it is taken', () => cloud.publicKey === next.publicKeySpki);
    expect(existsSync(state.nextIdentityKey)).toBe(true);
    await restart();
    expect(said('hello').map(({ publicKey }) => publicKey)).toEqual([
      ...[own.publicKeySpki, own.publicKeySpki, next.publicKeySpki],
    ]);
    await relay.until('it has taken its place', () => !existsSync(state.nextIdentityKey));
    expect(loadIdentity(state.identityKey).fingerprint).toBe(next.fingerprint);
  });

  test('where the cloud refuses it, both stay', async () => {
    const cloud = playCloud({ answers: true });
    relay.behaviour.changesIdentity = ({ publicKey }) => {
      cloud.changes += 1;
      return { t: 'identity-changed', publicKey, accepted: false, message: 'no' };
    };
    createIdentity(state.nextIdentityKey);
    await start();
    await relay.until('it was told', () => logs.some((line) => line.includes('did not take the new key')));
    expect(existsSync(state.nextIdentityKey)).toBe(true);
    expect(loadIdentity(state.identityKey).fingerprint).toBe(own.fingerprint);
    await restart();
  });

  test('is changed by itself when it is old', async () => {
    await configure({ rotateKeyAfterDays: 30 });
    const cloud = playCloud({ answers: true });
    await start();
    expect(cloud.changes).toBe(0);
    await running?.stop(0);
    const then = new Date(Date.now() - 31 * 86_400_000);
    utimesSync(state.identityKey, then, then);
    await start();
    await relay.until('it is another one', () => cloud.publicKey !== own.publicKeySpki);
    await relay.until('it has taken its place', () => !existsSync(state.nextIdentityKey));
  });
});

describe('the session', () => {
  const sessions = () => {
    let counter = 0;
    relay.behaviour.session = () => {
      counter += 1;
      return { counter, token: `token ${counter}` };
    };
  };
  const onDisk = (): Session => JSON.parse(readFileSync(state.session, 'utf8'));

  test('of each connection is on disk before it is said to be kept, and is shown with the next hello', async () => {
    sessions();
    await start();
    expect(await saidNext('session-kept', 1)).toEqual({ t: 'session-kept', counter: 1 });
    expect(onDisk()).toEqual({ counter: 1, token: 'token 1' });
    relay.cut();
    await relay.connected(2);
    await saidNext('session-kept', 2);
    await restart();
    await saidNext('session-kept', 3);
    expect(said('hello').map(({ session }) => session)).toEqual([
      ...[null, { counter: 1, token: 'token 1' }, { counter: 2, token: 'token 2' }],
    ]);
  });

  test('asked a second time it shows what it holds, with the new nonce; a third time is not answered', async () => {
    sessions();
    relay.behaviour.asksAgain = 1;
    await start();
    expect(said('hello')).toHaveLength(2);
    expect(said('hello')[0]?.signature).not.toBe(said('hello')[1]?.signature);
    relay.behaviour.asksAgain = 2;
    relay.cut();
    await relay.until('it breaks off', () => logs.some((line) => line.includes('challenged already')));
    relay.behaviour.asksAgain = 0;
    await relay.connected(2);
  });

  test('where it can’t be kept, the connection is not used', async () => {
    sessions();
    await start();
    await saidNext('session-kept', 1);
    rmSync(state.session);
    // A directory in its place: nothing can be renamed onto it.
    mkdirSync(join(state.session, 'in-the-way'), { recursive: true });
    relay.cut();
    await relay.until('it is tried again', () => relay.connections() >= 3);
    expect(said('session-kept')).toHaveLength(1);
    rmSync(state.session, { recursive: true });
    await saidNext('session-kept', 2);
  });

  test('a satellite that is locked says what to do', async () => {
    relay.behaviour.refuses = () => ({ code: 'satellite_locked', message: 'Its state directory exists twice.' });
    const logger = createLogger('satellite', 'info', { write: (line) => void logs.push(line) });
    running = await startSatellite(config, logger, { refusedDelayMs: 100 });
    await relay.until('it is told', () => logs.some((line) => line.includes('state directory exists twice')));
    const status = await relay.until('its status says so', () => {
      const text = existsSync(state.status) ? readFileSync(state.status, 'utf8') : '{}';
      return JSON.parse(text).connection?.code === 'satellite_locked' && text;
    });
    expect(status).toContain('Its state directory exists twice.');
  });

  test('to a relay that knows of none it says nothing about it', async () => {
    relay.behaviour.protocols = [2];
    await start();
    expect(said('hello')[0]).not.toHaveProperty('session');
    expect(said('hello')[0]).not.toHaveProperty('dispatchKeys');
    expect(said('session-kept')).toEqual([]);
  });
});

test('with a damaged checkpoint it starts and works, witnesses nothing, and says what to do', async () => {
  writeFileSync(state.witnessed, '{"v":1,"check', { mode: 0o600 });
  await start();
  expect(logs.join('')).toMatch(/witnesses no checkpoint.*satellite checkpoint --forget/);
  const status = await relay.until('its status is written', () =>
    existsSync(state.status) ? JSON.parse(readFileSync(state.status, 'utf8')) : null,
  );
  expect(status.witnessProblem).toMatch(/is damaged. Restore it/);
  expect(readFileSync(state.witnessed, 'utf8')).toBe('{"v":1,"check');
});
