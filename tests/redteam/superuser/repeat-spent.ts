// A superuser has what Adam approved, and what ran, run once more. Entered by plan-rounds.
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import type { Draft } from './draft.ts';
import type { Technique, TechniqueContext } from './technique.ts';

/** What ran is to run again: its rows are set back, and what was answered is forgotten. */
function again(draft: Draft, { spent, stage }: TechniqueContext, change: (superuser: pg.Client) => Promise<unknown>) {
  const { superuser } = stage;
  draft.route = null;
  draft.about = spent.runId;
  draft.more.push(async () => {
    for (const table of ['outcomes', 'execution_starts', 'output_streams'])
      await superuser.query(
        `delete from ${table} where execution_id in (select id from executions where run_id = $1)`,
        [spent.runId],
      );
    await superuser.query(`update runs set status = 'running', finished_at = null where id = $1`, [spent.runId]);
    await superuser.query('update approvals set used_at = null where id = $1', [spent.approvalId]);
    await change(superuser);
    await superuser.query(
      `update dispatches set pending = total, sent_at = null, acked_at = null, expires_at = now() + interval '10 minutes'
       where run_id = $1 and superseded_at is null`,
      [spent.runId],
    );
  });
}

/** Under another id, so that it is signed, or sent, as one that was never heard of. */
function copyDispatch({ spent }: TechniqueContext, change: Readonly<Record<string, string>> = {}) {
  const values: Record<string, string> = {
    id: `'${newId('disp')}'`,
    assignment_epoch: 'assignment_epoch + 1',
    ...change,
  };
  return async (superuser: pg.Client) => {
    const { rows } = await superuser.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'dispatches'::regclass and attnum > 0 and not attisdropped`,
    );
    const columns = rows.map(({ name }) => name);
    await superuser.query(
      `insert into dispatches (${columns.join()}) select ${columns.map((name) => values[name] ?? name).join()} from dispatches where id = $1`,
      [spent.dispatchId],
    );
    await superuser.query(`update executions set dispatch_id = ${values.id} where dispatch_id = $1`, [
      spent.dispatchId,
    ]);
    await superuser.query(`update dispatches set pending = 0, sent_at = null, superseded_at = now() where id = $1`, [
      spent.dispatchId,
    ]);
  };
}

export const repetitions: readonly Technique[] = [
  {
    name: 'what ran, sent again',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, nothingMore),
  },
  {
    name: 'what ran, signed again',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, unsign(context)),
  },
  {
    name: 'what ran, signed again as another assignment',
    weight: 3,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await unsign(context)(superuser);
        await superuser.query('update dispatches set assignment_epoch = $2 where id = $1', [
          ...[context.spent.dispatchId, context.random.between(2, 1_000_000)],
        ]);
      }),
  },
  {
    name: 'what ran, signed again as another dispatch',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, copyDispatch(context)),
  },
  {
    name: 'what ran, signed again for the other satellite',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => {
      const other = context.stage.satelliteIds.find((id) => id !== context.spent.satelliteId);
      again(draft, context, copyDispatch(context, { satellite_id: `'${other}'` }));
    },
  },
  {
    name: 'what ran, its envelope sent to the other satellite',
    weight: 2,
    consent: 'none',
    forge: (draft, context) => {
      const other = context.stage.satelliteIds.find((id) => id !== context.spent.satelliteId);
      again(draft, context, (superuser) =>
        superuser.query('update dispatches set satellite_id = $2, assignment_epoch = 2 where id = $1', [
          ...[context.spent.dispatchId, other],
        ]),
      );
    },
  },
  {
    name: 'what ran, signed again with other executions',
    weight: 2,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await copyDispatch(context)(superuser);
        await superuser.query('update executions set id = gen_random_uuid() where run_id = $1', [context.spent.runId]);
      }),
  },
  {
    name: 'what ran, with other values in any columns of its rows',
    isSilent: true,
    weight: 8,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await context.random.pick([copyDispatch(context), unsign(context), nothingMore])(superuser);
        for (let count = context.random.between(1, 3); count > 0; count -= 1)
          await context.anyColumn.alterRun(context.spent.runId, context.random);
      }),
  },
];

const nothingMore = (_: pg.Client): Promise<unknown> => Promise.resolve();
const unsign =
  ({ spent }: TechniqueContext) =>
  (superuser: pg.Client): Promise<unknown> =>
    superuser.query('delete from dispatch_envelopes where dispatch_id = $1', [spent.dispatchId]);
