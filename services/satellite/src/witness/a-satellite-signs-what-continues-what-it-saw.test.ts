import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckpointKey } from '@sena/contracts/domain/checkpoint';
import type { RelayFrame } from '@sena/contracts/frames';
import { certifyCheckpointKey } from '@sena/envelope/certify-checkpoint-key';
import { proofRanges } from '@sena/envelope/consistency-proof';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { growTree, leafHash } from '@sena/envelope/merkle-tree';
import { isCosigned, signCheckpoint } from '@sena/envelope/sign-checkpoint';
import { createLogger } from '@sena/telemetry/logger';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStateDirectory, type StateFiles } from '../config/state-directory.ts';
import { startTestSatellite, startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { openWitness, type Witness } from './open-witness.ts';
import { readRefusedCheckpoint, readWitnessed } from './witness-files.ts';

type Frame = Extract<RelayFrame, { t: 'checkpoint' }>;

const organizationId = 'org_1';
const [dispatchKey, checkpointKey, identity] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
const pinned = new Map([['dkey_1', dispatchKey.publicKey]]);
const root = mkdtempSync(join(tmpdir(), 'sena-witness-'));
let key: CheckpointKey;
let state: StateFiles;
let witness: Witness;
let log: string[];
let directories = 0;

beforeAll(async () => {
  key = await certified(checkpointKey, dispatchKey);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  directories += 1;
  state = openStateDirectory(join(root, `${directories}`));
  log = [];
  witness = open();
});

async function certified(pair: typeof checkpointKey, by: typeof dispatchKey, keyId = 'ckey_1'): Promise<CheckpointKey> {
  const claim = { v: 1 as const, organizationId, keyId, publicKey: pair.publicKeySpki };
  const certificate = await certifyCheckpointKey(claim, { keyId: 'dkey_1', privateKey: by.privateKey });
  return { keyId, publicKey: pair.publicKeySpki, certificate };
}
function open(): Witness {
  const logger = createLogger('satellite', 'info', { write: (line) => log.push(line) });
  return openWitness({ state, identity: () => identity, organizationId, satelliteId: 'sat_1', pinned, logger });
}

const sealsOf = (count: number, past = 'one') =>
  Array.from({ length: count }, (_, n) => createHash('sha256').update(`${past} ${n}`).digest('hex'));
const rootOf = (seals: readonly string[]) => {
  const tree = growTree();
  for (const seal of seals) tree.append(leafHash(seal));
  return tree.root().toString('hex');
};
/** As the signer signs and the relay proves it. */
function frameOf(seals: readonly string[], fromSize: number, change: Partial<Frame['checkpoint']> = {}): Frame {
  const unsigned = {
    ...{ organizationId, size: seals.length, root: rootOf(seals), headHash: seals.at(-1) as string },
    ...{ at: '2026-01-01T00:00:00.000Z', keyId: 'ckey_1' },
    ...change,
  };
  const hashes = proofRanges(fromSize, seals.length).map(({ start, end }) => rootOf(seals.slice(start, end)));
  return {
    t: 'checkpoint',
    checkpoint: signCheckpoint(unsigned, checkpointKey.privateKey),
    key,
    proof: { fromSize, hashes },
  };
}

test('the first is believed, and every one that continues it; each is on disk before it is signed', async () => {
  let seen = 0;
  for (const size of [3, 4, 4, 9, 300]) {
    const frame = frameOf(sealsOf(size), seen);
    const answer = await witness.receive(frame);
    expect(answer).toMatchObject({ t: 'checkpoint-cosigned', size });
    if (answer?.t !== 'checkpoint-cosigned') throw new Error('not signed');
    expect(isCosigned(frame.checkpoint, answer.cosignature)).toBe(true);
    expect(answer.cosignature).toMatchObject({ satelliteId: 'sat_1', publicKey: identity.publicKeySpki });
    expect(readWitnessed(state.witnessed)).toMatchObject({
      checkpoint: frame.checkpoint,
      cosignature: answer.cosignature,
    });
    seen = size;
  }
  expect(existsSync(state.refusedCheckpoint)).toBe(false);
});

test('what it saw it knows after a restart; a relay that does not is told where the proof has to begin', async () => {
  await witness.receive(frameOf(sealsOf(5), 0));
  witness = open();
  expect(await witness.receive(frameOf(sealsOf(8), 0))).toMatchObject({ code: 'proof_starts_elsewhere', seenSize: 5 });
  expect(await witness.receive(frameOf(sealsOf(8), 5))).toMatchObject({ t: 'checkpoint-cosigned' });
  expect(existsSync(state.refusedCheckpoint)).toBe(false);
});

describe('it signs nothing, says so, and keeps the evidence', () => {
  const cases: Array<[what: string, code: string, frame: () => Frame | Promise<Frame>]> = [
    ['another past of the same length', 'fork', () => frameOf(sealsOf(6, 'other'), 6)],
    ['a longer one that begins otherwise', 'fork', () => frameOf([...sealsOf(6, 'other'), ...sealsOf(3)], 6)],
    ['one record of it changed', 'fork', () => frameOf(sealsOf(9).with(2, 'a'.repeat(64)), 6)],
    ['a shorter one', 'rolled_back', () => frameOf(sealsOf(5), 5)],
    ['a root that is none of these seals', 'fork', () => frameOf(sealsOf(9), 6, { root: 'a'.repeat(64) })],
    ['of another organization', 'other_organization', () => frameOf(sealsOf(9), 6, { organizationId: 'org_2' })],
    [
      'altered after it was signed',
      'signature_wrong',
      () => ({
        ...frameOf(sealsOf(9), 6),
        checkpoint: { ...frameOf(sealsOf(9), 6).checkpoint, at: '2026-02-01T00:00:00.000Z' },
      }),
    ],
    [
      'by a key that no pinned key names',
      'key_unknown',
      async () => ({ ...frameOf(sealsOf(9), 6), key: await certified(checkpointKey, generateKeyPair()) }),
    ],
    [
      'by a key under another name',
      'key_unknown',
      async () => ({ ...frameOf(sealsOf(9), 6), key: await certified(checkpointKey, dispatchKey, 'ckey_2') }),
    ],
  ];
  test.each(cases)('%s', async (_what, code, make) => {
    await witness.receive(frameOf(sealsOf(6), 0));
    const before = readFileSync(state.witnessed, 'utf8');
    const frame = await make();
    expect(await witness.receive(frame)).toMatchObject({ t: 'checkpoint-refused', code, seenSize: 6 });
    expect(readFileSync(state.witnessed, 'utf8')).toBe(before);
    expect(readRefusedCheckpoint(state.refusedCheckpoint)).toMatchObject({
      code,
      told: { checkpoint: frame.checkpoint },
      seen: { checkpoint: { size: 6 } },
    });
    expect(log.join('\n')).toContain('a checkpoint of the audit is not signed');
    // And goes on with what is right.
    expect(await witness.receive(frameOf(sealsOf(9), 6))).toMatchObject({ t: 'checkpoint-cosigned' });
  });

  test('what shows a rewritten past is not replaced by what anybody can send', async () => {
    await witness.receive(frameOf(sealsOf(6), 0));
    const noise = { ...frameOf(sealsOf(9), 6), key: { ...key, certificate: 'x' } };
    await witness.receive(noise);
    await witness.receive(frameOf(sealsOf(6, 'other'), 6));
    await witness.receive(noise);
    await witness.receive(frameOf(sealsOf(5), 5));
    expect(readRefusedCheckpoint(state.refusedCheckpoint)?.code).toBe('fork');
  });
});

test('where it can not read any more what it has seen it signs nothing, or it would sign anything, and says what to do', async () => {
  writeFileSync(state.witnessed, '{"v":1}');
  const witness = open();
  expect(witness.problem()).toMatch(/is damaged\. Restore it.*satellite checkpoint --forget/);
  expect(await witness.receive(frameOf(sealsOf(5), 0))).toBeNull();
  expect(readFileSync(state.witnessed, 'utf8')).toBe('{"v":1}');
});

describe('over a tunnel', () => {
  let site: TestSite;
  beforeAll(async () => {
    site = await startTestSite([]);
  });
  afterAll(() => site.stop());

  test('it answers each, also one that comes twice, and after the connection broke', async () => {
    const { relay, config } = await site.enrol();
    const running = await startTestSatellite(config, relay);
    const { organizationId: own } = site.ids;
    const claim = { v: 1 as const, organizationId: own, keyId: 'ckey_1', publicKey: checkpointKey.publicKeySpki };
    const certificate = await certifyCheckpointKey(claim, { keyId: 'dkey_1', privateKey: site.signer.privateKey });
    const frame = (size: number, fromSize: number): Frame => ({
      ...frameOf(sealsOf(size), fromSize, { organizationId: own }),
      key: { keyId: 'ckey_1', publicKey: checkpointKey.publicKeySpki, certificate },
    });
    const answers = () => relay.frames.filter(({ t }) => t === 'checkpoint-cosigned' || t === 'checkpoint-refused');
    relay.send(frame(3, 0));
    await relay.until('it is signed', () => answers().length === 1);
    relay.send(frame(3, 3));
    await relay.until('it is signed again', () => answers().length === 2);
    relay.cut();
    await relay.connected(2);
    relay.send(frame(7, 3));
    await relay.until('the next is signed', () => answers().length === 3);
    relay.send(frame(5, 5));
    await relay.until('a rollback is refused', () => answers().length === 4);
    expect(answers().map((each) => ('code' in each ? each.code : 'signed'))).toEqual([
      'signed',
      'signed',
      'signed',
      'rolled_back',
    ]);
    await running.satellite.stop(0);
  });
});
