import { inOrganization } from '@sena/db/tenant';
import { eventually } from '@sena/testing/eventually';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BenchOrganization, openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

const slots = 4;
const flood = 120;
/** For a busy machine: how long things take is not what is shown here. */
const patient = { timeoutMs: 30_000 };
let bench: RunBench;
let quiet: BenchOrganization;
let admin: pg.Client;

beforeAll(async () => {
  bench = await openRunBench({ RUN_CONCURRENCY: String(slots) });
  quiet = await bench.addOrganization();
  admin = await bench.openAdmin();
  // In the order in which it happened: a run began to want a worker, a worker took a run.
  await admin.query(`
    create table public.happened (seq bigserial primary key, what text not null, organization_id text not null, run_id text not null);
    create function public.note() returns trigger language plpgsql security definer as $$
    begin
      if tg_op = 'INSERT' or new.wake_count > old.wake_count then
        insert into public.happened (what, organization_id, run_id) values ('wanted', new.organization_id, new.id);
      elsif new.lease_epoch > old.lease_epoch then
        insert into public.happened (what, organization_id, run_id) values ('taken', new.organization_id, new.id);
      end if;
      return null;
    end $$;
    create trigger note after insert or update on sena.runs for each row execute function public.note();`);
});
afterAll(() => bench?.close());

it(`a run that comes after ${flood} of another organization is taken within two of theirs a worker slot, each time it wants a worker`, async () => {
  // All of it is there before the first worker comes.
  await bench.stopOrchestrator();
  const hostname = { kind: 'command', command: 'hostname', selector: 'name=web-01' } as const;
  await Promise.all(Array.from({ length: flood }, () => bench.ask(hostname)));
  const orchestrator = await bench.startAnother();
  const stopSatellite = answerEverything(bench);
  try {
    await eventually('the flood is being worked on', async () => (await takenOf(bench)) >= slots * 2, patient);

    for (let n = 0; n < 3; n += 1) {
      const runId = await quiet.ask({ ...hostname, selector: 'name=db-01' });
      const [execution] = await quiet.dispatched(runId, 1);
      await quiet.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'db-01\n' }]);
      expect((await quiet.finished(runId)).status).toBe('succeeded');
    }
    // Theirs was no short queue: most of what the other organization had asked for is still to be done.
    expect(await endedOf(bench)).toBeLessThan(flood / 2);
  } finally {
    await stopSatellite();
    await orchestrator.stop();
  }

  const passed = await takenMeanwhile();
  // Three runs, and each wants a worker when it is asked for and when its node has answered.
  expect(passed.length).toBeGreaterThanOrEqual(6);
  for (const { taken } of passed) expect(taken).toBeLessThanOrEqual(2 * slots);
}, 60_000);

/** For each time that the quiet organization's runs wanted a worker: how many of the flood were taken until it had one. */
async function takenMeanwhile(): Promise<Array<{ taken: number }>> {
  const { rows } = await admin.query<{ taken: number }>(
    `select (select count(*)::integer from public.happened t where t.what = 'taken' and t.organization_id = $2
        and t.seq > w.seq and t.seq < (
          select min(c.seq) from public.happened c where c.what = 'taken' and c.run_id = w.run_id and c.seq > w.seq
        )) as taken
     from public.happened w where w.what = 'wanted' and w.organization_id = $1 order by w.seq`,
    [quiet.organizationId, bench.organizationId],
  );
  return rows;
}

async function takenOf({ organizationId }: BenchOrganization): Promise<number> {
  const { rows } = await admin.query<{ n: number }>(
    `select count(*)::integer as n from public.happened where what = 'taken' and organization_id = $1`,
    [organizationId],
  );
  return rows[0]?.n ?? 0;
}

async function endedOf({ organizationId }: BenchOrganization): Promise<number> {
  const { rows } = await admin.query<{ n: number }>(
    `select count(*)::integer as n from sena.runs where organization_id = $1 and finished_at is not null`,
    [organizationId],
  );
  return rows[0]?.n ?? 0;
}

/** The flooding organization's satellite answers at once, so that its runs want workers again and again. */
function answerEverything({ organizationId, speak }: BenchOrganization): () => Promise<void> {
  let isStopped = false;
  const working = (async () => {
    while (!isStopped) {
      const waiting = await inOrganization(bench.pool, organizationId, (transaction) =>
        transaction.query<{ id: string }>(
          'select e.id::text from executions e where not exists (select from outcomes o where o.execution_id = e.id) limit 20',
        ),
      );
      await speak(waiting.rows.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'web-01\n' })));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return () => {
    isStopped = true;
    return working;
  };
}
