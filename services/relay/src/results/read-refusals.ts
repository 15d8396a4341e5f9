// A dispatch that its satellite refused as a whole: what that says of its executions. Entered by record-batch. Reads only.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { TenantTransaction } from '@sena/db/tenant';
import { listOpenExecutions } from '@sena/runs/execution/list-open-executions';
import type { ResultRow } from '@sena/runs/results/record-results';
import { withoutOutput } from '@sena/runs/results/without-output';
import type { ReportOf } from './report.ts';

/** With these words a satellite says that this frame did not run, and that an earlier one may have. */
const mayHaveRun: ReadonlySet<string> = new Set(['envelope_before_journal', 'envelope_content_differs']);

/** `takenNow`: dispatches that were taken within the batch. */
export async function readRefusals(
  transaction: TenantTransaction,
  refused: ReadonlyArray<ReportOf<'dispatch-ack'>>,
  takenNow: ReadonlySet<string>,
): Promise<ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const { satellite, frame } of refused) {
    const { satelliteId } = satellite;
    const detail = (frame.message ?? frame.code ?? 'The satellite gave no reason.').replaceAll('\u0000', '');
    const isUnknown = frame.code !== null && mayHaveRun.has(frame.code);
    const outcome: Outcome = isUnknown
      ? { kind: 'unknown', reason: 'satellite_lost', detail }
      : { kind: 'not_started', reason: 'envelope_refused', detail };
    // A second copy of what it has journaled may be refused (its key was retired meanwhile), and the first one be running.
    const untakenOnly = !isUnknown;
    if (untakenOnly && takenNow.has(frame.dispatchId)) continue;
    for (const executionId of await listOpenExecutions(transaction, satelliteId, frame.dispatchId, { untakenOnly })) {
      // Revision 0 leaves room for what the satellite may still find out.
      rows.push(withoutOutput({ reporter: satelliteId, executionId, revision: isUnknown ? 0 : 1, outcome }));
    }
  }
  return rows;
}
