// A crash between what a step writes and its checkpoint: the step runs again, and nothing is there twice.
import { expect, it } from 'vitest';
import { openRunBench } from './fixtures/open-run-bench.ts';

/** Refuses the first checkpoint that comes after the run has `table` rows; a sequence counts, because it is not rolled back. */
const refuseCheckpointsAfter = (table: string) => `
  create sequence sena.refused; grant usage on sequence sena.refused to public;
  create function sena.refuse_checkpoint() returns trigger language plpgsql security definer as $$
  begin
    if exists (select from sena.${table} t where t.run_id = new.thread_id) and nextval('sena.refused') = 1 then
      raise exception 'the worker dies here';
    end if;
    return new;
  end $$;
  create trigger refuse_checkpoint before insert or update on checkpoint.checkpoints
    for each row execute function sena.refuse_checkpoint()`;

it.each([
  ['dispatches', 'hostname'],
  ['approvals', 'mkdir /tmp/x'],
])(
  'a worker that dies after %s are written and before the checkpoint repeats nothing',
  async (table, command) => {
    const bench = await openRunBench();
    try {
      const admin = await bench.openAdmin();
      await admin.query(refuseCheckpointsAfter(table));
      const runId = await bench.ask({ kind: 'command', command, selector: 'role=web' });
      await bench.refusedOnce(admin);
      if (command !== 'hostname') await bench.decide(await bench.awaitsApproval(runId), 'approve');
      const executions = await bench.dispatched(runId, 2);
      await bench.speak(executions.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: '' })));
      expect(await bench.finished(runId)).toMatchObject({ status: 'succeeded', counts: { total: 2, exitedZero: 2 } });
      const counts = await admin.query(
        `select (select count(*) from sena.dispatches where run_id = $1)::integer as dispatches,
         (select count(*) from sena.approvals where run_id = $1)::integer as approvals,
         (select count(*) from sena.policy_decisions where run_id = $1)::integer as decisions,
         (select count(*) from sena.run_events where run_id = $1 and data ->> 'type' = 'run.gated')::integer as gated,
         (select count(*) from sena.run_events where run_id = $1 and data ->> 'type' = 'dispatch.written')::integer as written`,
        [runId],
      );
      expect(counts.rows[0]).toEqual({
        dispatches: 1,
        approvals: command === 'hostname' ? 0 : 1,
        decisions: 1,
        gated: 1,
        written: 1,
      });
    } finally {
      await bench.close();
    }
  },
  30_000,
);
