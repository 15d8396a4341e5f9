// A result that does not fit the protocol, or that PostgreSQL refuses. Entered by the recorder, of one alone. That its execution is
// over for the satellite is true; what became of it is said to be unknown, so that neither run nor satellite waits for ever.
import type { Outcome } from '@sena/contracts/domain/outcome';
import { executionIdSchema } from '@sena/contracts/ids';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { recordResults } from '@sena/runs/results/record-results';
import type { RunNews } from '@sena/runs/results/ring-recorded-runs';
import { withoutOutput } from '@sena/runs/results/without-output';
import type { HeldSatellite } from '../held-satellites.ts';

const outcome: Outcome = {
  kind: 'unknown',
  reason: 'report_unreadable',
  detail:
    'The satellite reported an end that can not be stored. It may have run: look on the node, and at the log of the relay for the cause.',
};

/** Acknowledges it after the commit. Returns what to ring for; throws what PostgreSQL says to this too. */
export async function recordUnreadable(
  pool: Pool,
  organizationId: string,
  satellite: HeldSatellite,
  { executionId, revision, attempt }: { executionId: string; revision: number; attempt: number },
): Promise<RunNews[]> {
  const reporter = satellite.satelliteId;
  // No execution has another kind of id: nothing is lost with it.
  const isExecution = executionIdSchema.safeParse(executionId).success;
  const row = { ...withoutOutput({ reporter, executionId, revision, outcome }), attempt };
  const news = isExecution
    ? await inOrganization(pool, organizationId, (transaction) =>
        recordResults(transaction, [row], `satellite:${reporter}`),
      )
    : [];
  satellite.out.push({ t: 'outcome-ack', executionId, revision });
  return news;
}
