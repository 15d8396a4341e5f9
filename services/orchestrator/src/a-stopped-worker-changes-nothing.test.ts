// A worker that is stopped (SIGSTOP: a paused machine) in the middle of a run, and goes on after its lease: another one has taken the run
// by then. It thinks that nothing has happened.
import { eventually } from '@sena/testing/eventually';
import { startScriptedVendor, type VendorScript } from '@sena/testing/scripted-vendor';
import { expect, it, type TestContext } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';
import { type OrchestratorProcess, spawnOrchestrator } from './fixtures/orchestrator-process.ts';

const patient = { timeoutMs: 60_000, everyMs: 50 };
type Answer = ReturnType<Extract<VendorScript, (...values: never[]) => unknown>>;

/** Each test has a database, a model and a worker of its own: they wait beside each other. */
async function openScene(
  { onTestFinished }: TestContext,
  script: (former: OrchestratorProcess, index: number) => Answer,
) {
  let former: OrchestratorProcess;
  let present: Awaited<ReturnType<RunBench['startAnother']>> | undefined;
  const vendor = await startScriptedVendor((_request, index) => script(former, index));
  onTestFinished(() => vendor.stop());
  const model = { MODEL_CONFIGURED: '1', MODEL_ROUTER_URL: vendor.url.replace(/\/v1$/, '') };
  const bench = await openRunBench(model);
  onTestFinished(() => bench.close());
  await bench.stopOrchestrator();
  const admin = await bench.openAdmin();
  onTestFinished(() => present?.stop());
  former = await spawnOrchestrator(bench.environment);
  onTestFinished(() => former.kill());
  /** What the clock does to the lease of a worker that does not renew it. */
  const endLease = (runId: string) =>
    admin.query(`update runs set lease_expires_at = now() - interval '1 second' where id = $1`, [runId]);
  const epochOf = async (runId: string) =>
    Number((await admin.query('select lease_epoch from runs where id = $1', [runId])).rows[0]?.lease_epoch);
  const written = async (runId: string) =>
    (
      await admin.query(
        `select (select array_agg(command order by command) from dispatches where run_id = $1) as commands,
           (select count(*)::integer from executions where run_id = $1) as executions,
           (select count(*)::integer from policy_decisions where run_id = $1) as decisions,
           (select count(*)::integer from run_events where run_id = $1 and data ->> 'type' = 'run.planned') as planned,
           (select count(*)::integer from run_events where run_id = $1 and data ->> 'type' = 'dispatch.written') as dispatched,
           (select max(seq) = count(*) from run_events where run_id = $1) as numbered,
           (select usage ->> 'modelCalls' from runs where id = $1) as model_calls`,
        [runId],
      )
    ).rows[0];
  const dispatchedCommand = (runId: string) =>
    eventually(
      'it is dispatched',
      async () => (await admin.query('select command from dispatches where run_id = $1', [runId])).rows[0]?.command,
      patient,
    );
  const finished = (runId: string) =>
    eventually(
      'the run has ended',
      async () =>
        (await admin.query(`select status, answer from runs where id = $1 and finished_at is not null`, [runId]))
          .rows[0],
      patient,
    );
  const failed = () =>
    eventually('the former worker gives up', () => former.log().includes('could not be advanced'), patient);
  const speakOf = async (runId: string) =>
    bench.speak((await bench.executionsOf(runId)).map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'x' })));
  return {
    ...{ bench, admin, vendor, former, endLease, epochOf, written, dispatchedCommand, finished, failed, speakOf },
    async startAnother() {
      present = await bench.startAnother();
    },
  };
}

it.concurrent('stopped while the model thinks: what it was told is not planned, dispatched or counted', async (context) => {
  const run = (command: string) => ({ name: 'run_command', arguments: { title: 'Look', command } });
  const scene = await openScene(context, (worker, index) => {
    // The answer lies in its socket when it wakes up.
    if (index === 0) worker.freeze();
    if (index === 0) return { kind: 'call', tools: [run('df -P')] };
    return index === 1 ? { kind: 'call', tools: [run('uname -r')] } : { kind: 'say', text: 'All is well.' };
  });
  const { bench, vendor, former, endLease, epochOf, written, dispatchedCommand, finished, failed, speakOf } = scene;
  const runId = await bench.ask({ kind: 'ask', prompt: 'How are you?' });
  await eventually('the model is asked', () => vendor.requests().length === 1, patient);
  await former.isFrozen();
  const before = await epochOf(runId);
  await endLease(runId);
  await scene.startAnother();
  expect(await dispatchedCommand(runId)).toBe('uname -r');
  expect(await epochOf(runId)).toBeGreaterThan(before);

  former.thaw();
  await failed();
  await speakOf(runId);
  expect(await finished(runId)).toMatchObject({ status: 'succeeded', answer: expect.stringContaining('All is well.') });
  expect(await written(runId)).toEqual({
    commands: ['uname -r'],
    executions: 3,
    decisions: 1,
    planned: 1,
    dispatched: 1,
    numbered: true,
    // All but the one whose answer came to the former worker.
    model_calls: String(vendor.requests().length - 1),
  });
}, 120_000);

it.concurrent('stopped in the middle of a checkpoint: PostgreSQL undoes its half, and the next worker repeats the step', async (context) => {
  const scene = await openScene(context, () => ({ kind: 'fail', status: 500, message: 'nobody asks' }));
  const { bench, admin, former, endLease, written, finished, failed, speakOf } = scene;
  // The first checkpoint after the dispatches are written waits for a lock that the test holds.
  await admin.query(`
    create sequence sena.held; grant usage on sequence sena.held to public;
    create function sena.hold_checkpoint() returns trigger language plpgsql security definer as $$
    begin
      if exists (select from sena.dispatches d where d.run_id = new.thread_id) and nextval('sena.held') = 1 then
        perform pg_advisory_xact_lock_shared(4711);
      end if;
      return new;
    end $$;
    create trigger hold_checkpoint before insert or update on checkpoint.checkpoints
      for each row execute function sena.hold_checkpoint()`);
  await admin.query('select pg_advisory_lock(4711)');
  const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: '*' });
  await eventually(
    'it waits in the middle of the checkpoint',
    async () =>
      (await admin.query(`select 1 from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`))
        .rowCount === 1,
    patient,
  );
  former.freeze();
  await former.isFrozen();
  await endLease(runId);
  await admin.query('select pg_advisory_unlock(4711)');
  await scene.startAnother();
  // It has taken the run, repeated the step, and paused: nobody holds it any more.
  const paused = async () =>
    (
      await admin.query(`select 1 from runs where id = $1 and lease_owner is null and handled_count = wake_count`, [
        runId,
      ])
    ).rowCount === 1;
  await eventually('the run waits for its nodes', paused, patient);

  former.thaw();
  await failed();
  await speakOf(runId);
  expect(await finished(runId)).toMatchObject({ status: 'succeeded', answer: 'On all 3 nodes: exit code 0.' });
  expect(await written(runId)).toMatchObject({
    commands: ['hostname'],
    executions: 3,
    decisions: 1,
    planned: 1,
    dispatched: 1,
    numbered: true,
  });
}, 120_000);
