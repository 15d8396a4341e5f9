import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inOrganization } from '@sena/db/tenant';
import { wakeRun } from '@sena/runs/run/wake-run';
import { openSignals } from '@sena/signals/open-signals';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

const attempts = 6;

let bench: RunBench;
let admin: pg.Client;
beforeAll(async () => {
  bench = await openRunBench();
  admin = await bench.openAdmin();
});
afterAll(() => bench?.close());

/** A real process, killed without a word while it held the run. */
async function aWorkerDies(): Promise<void> {
  const { app, checkpoint, queue } = bench.urls;
  const path = fileURLToPath(new URL('./fixtures/dying-worker.ts', import.meta.url));
  const worker = spawn(process.execPath, [path, app, checkpoint, queue], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  worker.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [, signal] = await once(worker, 'close');
  expect({ said, signal }).toEqual({ said: 'thinking\n', signal: 'SIGKILL' });
}

/** In place of half a minute: the lease that the dead worker still holds runs out. */
async function leaseRunsOut(runId: string): Promise<void> {
  const ended = await admin.query(
    `update sena.runs set lease_expires_at = now() - interval '1 second' where id = $1 and lease_owner like 'dying-%'`,
    [runId],
  );
  expect(ended.rowCount).toBe(1);
}

it(`is failed after ${attempts} dead workers without being thought about again; what had been sent keeps its truth`, async () => {
  const sent = await bench.ask({ kind: 'ask', prompt: 'Which disks are full?' });
  const executions = await bench.dispatched(sent, 3);
  const unsent = await bench.ask({ kind: 'command', command: 'uptime', selector: '*' });
  await bench.dispatched(unsent, 3);
  await eventually('both runs wait without a worker', async () => {
    const held = await admin.query(
      'select 1 from sena.runs where lease_owner is not null or wake_count > handled_count',
    );
    return held.rowCount === 0;
  });
  await bench.stopOrchestrator();
  // One of three nodes has answered, two are still at it; of the other run nothing was sent.
  await admin.query('update sena.dispatches set sent_at = now() where run_id = $1', [sent]);
  await bench.speak([{ executionId: executions[0]?.id ?? '', exitCode: 0, stdout: 'x' }]);

  // A new question is never thought to its end, so that each of its workers dies.
  const deadly = await bench.ask({ kind: 'ask', prompt: 'Which disks are full?' });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await aWorkerDies();
    const { rows } = await admin.query<{ failures: number }>('select failures from sena.runs where id = $1', [deadly]);
    expect(rows[0]?.failures).toBe(attempt - 1);
    expect((await bench.read(deadly))?.status).toBe('running');
    await leaseRunsOut(deadly);
  }
  // The two that were dispatched have got as far: their workers died as often.
  for (const runId of [sent, unsent]) {
    await inOrganization(bench.pool, bench.organizationId, (transaction) => wakeRun(transaction, runId));
    await admin.query('update sena.runs set failures = $2 where id = $1', [runId, attempts]);
  }

  const healthy = await bench.startAnother();
  try {
    const reason = /^SENA failed on this run 6 times in a row and does not try again\. .* ask again/;
    expect(await bench.finished(deadly)).toMatchObject({ status: 'failed', reason: expect.stringMatching(reason) });
    // An orchestrator that had thought about it would have dispatched: its question has a runbook.
    expect(await bench.executionsOf(deadly)).toEqual([]);

    expect(await bench.finished(unsent)).toMatchObject({ status: 'failed', counts: { notStarted: 3, pending: 0 } });
    expect(await bench.finished(sent)).toMatchObject({ status: 'failed', counts: { exitedZero: 1, pending: 2 } });
    await bench.speak(
      executions.slice(1).map(({ id }, index) => ({ executionId: id, exitCode: index, stdout: 'late' })),
    );
    expect(await bench.read(sent)).toMatchObject({
      status: 'failed',
      counts: { exitedZero: 2, exitedNonZero: 1, notStarted: 0, unknown: 0, pending: 0 },
    });
    await eventually('the run is let go and not wanted again', async () => {
      const left = await admin.query(
        'select 1 from sena.runs where lease_owner is not null or wake_count > handled_count',
      );
      return left.rowCount === 0;
    });
  } finally {
    await healthy.stop();
  }
}, 240_000);

it('is failed when its last attempt throws, and whoever follows it hears so at once', async () => {
  await bench.stopOrchestrator();
  const signals = await openSignals(
    { kind: 'postgres', url: bench.urls.app },
    { logger: createLogger('orchestrator', 'silent') },
  );
  const heard: Array<{ runId: string; seq: number }> = [];
  await signals.listen(bench.organizationId, 'runEvents', (data) => void heard.push(data));
  const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: '*' });
  await admin.query('update sena.runs set failures = $2 where id = $1', [runId, attempts - 1]);
  await admin.query(`
    create function sena.refuse_checkpoint() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
    create trigger refuse_checkpoint before insert on checkpoint.checkpoints for each row execute function sena.refuse_checkpoint()`);
  const another = await bench.startAnother();
  try {
    const run = await bench.finished(runId);
    expect(run).toMatchObject({ status: 'failed', reason: expect.stringContaining('6 times in a row') });
    await eventually('its last event is rung for', () =>
      heard.some((ring) => ring.runId === runId && ring.seq === run.lastEventSeq),
    );
  } finally {
    await another.stop();
    await admin.query('drop function sena.refuse_checkpoint() cascade');
    await signals.close();
  }
}, 60_000);
