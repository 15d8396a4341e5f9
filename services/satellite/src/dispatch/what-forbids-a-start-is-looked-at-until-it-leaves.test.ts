// The real journal and a real node, entered where the queue does, so that what forbids a start comes at its moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import { createRedactionRules } from '@sena/redaction/redact-stream';
import { createLogger } from '@sena/telemetry/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compileAllowedAddresses } from '../config/allowed-addresses.ts';
import { readCredential } from '../config/read-credential.ts';
import { approved, makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { createGuardCleaner } from '../guard/clean-guards.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import { createOutbox } from '../output/create-outbox.ts';
import { openKnownHosts } from '../ssh/known-hosts.ts';
import { createSshPool, type SshLease, type SshPool } from '../ssh/ssh-pool.ts';
import { createAskAgain } from './ask-again.ts';
import { notStarted } from './end-execution.ts';
import type { Execution } from './execution.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { runExecution } from './run-execution.ts';

let site: TestSite;
let directory: string;
let journal: Journal;
let pool: SshPool;
const logger = createLogger('satellite', 'silent');

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  directory = mkdtempSync(join(tmpdir(), 'sena-cancel-'));
  journal = await openJournal(join(directory, 'journal.db'), { isEnrolling: true });
  const { config } = await site.enrol();
  pool = createSshPool({
    knownHosts: openKnownHosts(config.knownHostsFile),
    allowedAddresses: compileAllowedAddresses(config.allowedAddresses),
    readCredential: (name) => readCredential(config.credentials, {}, name),
    connectTimeoutMs: 10_000,
    idleMs: 10_000,
    idleConnectionsMax: 10,
  });
});
afterAll(async () => {
  pool?.close();
  await journal?.close();
  await site?.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Obstacle = 'cancelled' | 'halted' | 'clock_skew' | 'expired' | 'policy_refused';
type Moment = 'as soon as `starting` is on disk' | 'before the second connection, because the first one was dead';

async function runInto(obstacle: Obstacle, moment: Moment, mode: ExecutionMode, command: string, changes = {}) {
  const { envelope, executionId, frame } = await makeDispatch(site, command, [site.node('web-01').node], changes);
  const [node] = envelope.nodes;
  if (node === undefined) throw new Error('the dispatch has no node');
  await journal.perform({
    ...{ op: 'accept', dispatchId: envelope.dispatchId, nonce: envelope.nonce, contentHash: envelope.dispatchId },
    ...{ envelope: frame.envelope, assignmentEpoch: 1, expiresAtMs: Date.now() + 60_000, receivedAtMs: Date.now() },
    executions: [{ executionId, mode }],
  });
  const execution: Execution = {
    ...{ kind: 'dispatched', id: executionId, envelope, node, mode, logger, attempts: 0, wasSent: false },
    ...{ awaited: null, isCancelled: false, begun: null, stop: new AbortController() },
  };
  let isThere = false;
  const appear = () => {
    isThere = true;
    if (obstacle === 'cancelled') execution.isCancelled = true;
    // As if so much time had passed.
    if (obstacle === 'expired') envelope.expiresAt = new Date(Date.now() - 1).toISOString();
  };
  const leases: SshLease[] = [];
  const watchedPool: SshPool = {
    ...pool,
    async acquire(target) {
      const lease = await pool.acquire(target);
      if (leases.length > 0) appear();
      if (lease.kind === 'lease') leases.push(lease);
      return lease;
    },
  };
  const rooms: ExecutionRooms = {
    journal: {
      ...journal,
      async perform(operation) {
        const answer = await journal.perform(operation);
        if (operation.op !== 'starting') return answer;
        if (moment === 'as soon as `starting` is on disk') appear();
        else await breakConnection(leases[0]);
        return answer;
      },
    },
    outbox: createOutbox({ bytesPerExecutionMax: 1_000_000, bytesTotalMax: 1_000_000 }),
    askAgain: createAskAgain(() => undefined, logger),
    redaction: createRedactionRules(),
    ...{
      pool: watchedPool,
      cleaner: createGuardCleaner(pool, logger),
      findOutMs: 1_000,
      leaving: new AbortController().signal,
    },
    ...{ isHalted: () => isThere && obstacle === 'halted', wait: () => undefined, retry: () => undefined },
    clockProblem: () => (isThere && obstacle === 'clock_skew' ? 'It is 90 s ahead.' : null),
    objection: () => (isThere && obstacle === 'policy_refused' ? notStarted('policy_refused', 'By the rules.') : null),
  };
  await runExecution(execution, { started: () => undefined }, rooms);
  const [known] = await journal.perform({ op: 'states', executionIds: [executionId] });
  return known;
}

async function breakConnection(lease: SshLease | undefined): Promise<void> {
  if (lease === undefined) throw new Error('nothing was connected');
  const closed = new Promise<void>((resolve) => lease.connection.onClose(resolve));
  lease.connection.client.destroy();
  await closed;
}

const obstacles = ['cancelled', 'halted', 'clock_skew', 'expired', 'policy_refused'] as const;
const ways = [
  ['a guarded change', 'guarded', 'echo ran >> /srv/witness', approved],
  ['a plain change', 'plain', 'echo ran >> /srv/witness', approved],
  ['a reading', 'direct', 'hostname', {}],
] as const;
const moments: Moment[] = [
  'as soon as `starting` is on disk',
  'before the second connection, because the first one was dead',
];
const cases = moments.flatMap((moment) =>
  ways.flatMap((way) => obstacles.map((obstacle) => [way[0], obstacle, moment, way] as const)),
);

it.each(cases)('%s that is %s %s is not started, and says so', async (_what, obstacle, moment, way) => {
  const [, mode, command, changes] = way;
  expect(await runInto(obstacle, moment, mode, command, changes)).toMatchObject({
    state: 'finished',
    result: { outcome: { kind: 'not_started', reason: obstacle }, attempt: 0, startedAt: null },
  });
  expect(await site.node('web-01').onNode('cat /srv/witness 2>/dev/null | wc -l')).toBe('0\n');
});
