// The oracle for what outlives the trials: the audit chain, its intents, and effects that came late. Entered when all runs have ended.
import { countUnsealedEvents, listSealedRecords } from '@sena/audit/list-sealed-records';
import { type SealedRecord, verifyChain } from '@sena/audit/verify-chain';
import type { TenantTransaction } from '@sena/db/tenant';
import { eventually } from '@sena/testing/eventually';
import type { World } from '../world/start-world.ts';
import type { TrialResult } from './trial-result.ts';

/** A trial's time is that of the harness, which knows PostgreSQL's to a moment. */
const clockBlurMs = 100;

export interface AuditVerdict {
  readonly records: number;
  readonly effects: number;
  readonly violations: readonly string[];
}

export async function judgeAudit(world: World, trials: readonly TrialResult[]): Promise<AuditVerdict> {
  const violations: string[] = [];
  const reader = { organizationId: world.organizationId, query: queryAs(world) } as TenantTransaction;
  await eventually('everything is sealed', async () => (await countUnsealedEvents(reader)) === 0, {
    timeoutMs: 60_000,
    everyMs: 200,
  });
  const verdict = verifyChain(world.organizationId, await readAll(reader));
  if (verdict.kind === 'broken') violations.push(`the audit chain is broken at ${verdict.seq}: ${verdict.reason}`);

  const intents = await world.query<{ run_id: string; at: Date; nodes: string[] }>(
    `select e.run_id, e.at, array(select n.name from sena.nodes n where e.data -> 'nodes' ? n.id) as nodes
     from sena.audit_events e where e.action = 'dispatch.written'`,
  );
  const trialOf = new Map(trials.map((trial) => [trial.mark, trial]));
  let effects = 0;
  for (const lane of world.lanes) {
    for (const node of lane.nodes) {
      const counts = new Map<string, number>();
      for (const line of (await node.look('cat /srv/effects')).trim().split('\n')) {
        const [mark = '', seconds = ''] = line.split(' ');
        const trial = trialOf.get(mark);
        if (trial === undefined) continue;
        effects += 1;
        counts.set(mark, (counts.get(mark) ?? 0) + 1);
        const intent = intents.find(({ run_id, nodes }) => run_id === trial.runId && nodes.includes(node.name));
        if (intent === undefined) violations.push(`trial ${trial.plan.index}: ran on ${node.name} without an intent`);
        else if (writtenFrom(intent.at, trial, world) > Number(seconds) * 1_000 + 1)
          violations.push(`trial ${trial.plan.index}: ran on ${node.name} before its intent was written`);
      }
      for (const trial of trials) {
        const said = trial.nodes.find((result) => result.node === node.name);
        const count = counts.get(trial.mark) ?? 0;
        if (count > 1) violations.push(`trial ${trial.plan.index}: ran ${count} times on ${node.name}, in the end`);
        if (said?.outcome === 'not_started' && count > 0)
          violations.push(`trial ${trial.plan.index}: not_started on ${node.name}, but it ran later`);
      }
    }
  }
  return { records: verdict.kind === 'intact' ? verdict.records : 0, effects, violations };
}

/**
 * When it was written at the earliest. The time is PostgreSQL's, whose clock may have been wrong or been set back, so that it had a time twice:
 * then the run's own tells which of the two it was, unless both are within it.
 */
export function writtenFrom(
  at: Date,
  { startedAt, durationMs }: Pick<TrialResult, 'startedAt' | 'durationMs'>,
  { postgresClock }: { readonly postgresClock: Pick<World['postgresClock'], 'trueTimesOf'> },
): number {
  const beganMs = startedAt.getTime() - clockBlurMs;
  const overMs = startedAt.getTime() + durationMs + clockBlurMs;
  return Math.min(...postgresClock.trueTimesOf(at).filter((trueMs) => trueMs >= beganMs && trueMs <= overMs));
}

/** The chain is read as the product reads it. */
function queryAs(world: World): TenantTransaction['query'] {
  return (async (text: string, values: readonly unknown[] = []) => ({
    rows: await world.query(text, [...values]),
  })) as unknown as TenantTransaction['query'];
}

async function readAll(reader: TenantTransaction): Promise<SealedRecord[]> {
  const records: SealedRecord[] = [];
  for (;;) {
    const page = await listSealedRecords(reader, records.length, 1_000);
    records.push(...page);
    if (page.length < 1_000) return records;
  }
}
