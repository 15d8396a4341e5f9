// Entered by the runtime when the relay asks what is known of its unfinished executions, and when it sends what is known already. The
// journal answers; results go out again, acknowledged or not.
import type { SatelliteFrame } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import type { Journal } from '../journal/open-journal.ts';
import type { Outbox } from '../output/create-outbox.ts';
import { makeReportable } from './make-reportable.ts';

type Reconciled = Extract<SatelliteFrame, { t: 'reconciled' }>;
type Rooms = { journal: Journal; outbox: Outbox; logger: Logger };

/** The answer goes out before the results. */
export async function answerReconcile(
  executionIds: readonly string[],
  answer: (frame: Reconciled) => void,
  rooms: Rooms,
): Promise<void> {
  // Nothing is asked: it is only said that everything was said.
  if (executionIds.length === 0) return;
  const found = await rooms.journal.perform({ op: 'states', executionIds });
  const states = new Map(found.map(({ executionId, state }) => [executionId, state]));
  const executions = executionIds.map((executionId) => {
    const state = states.get(executionId) ?? ('absent' as const);
    return { executionId, state: state === 'starting' ? ('running' as const) : state };
  });
  answer({ t: 'reconciled', executions });
  await reportKnown(executionIds, rooms);
}

/** The results of those that are finished, acknowledged or not: somebody asks, so somebody does not know. */
export async function reportKnown(executionIds: readonly string[], { journal, outbox, logger }: Rooms): Promise<void> {
  for (const { executionId, result } of await journal.perform({ op: 'states', executionIds })) {
    if (result !== null && !outbox.holds(executionId)) outbox.result(makeReportable(result, { logger }));
  }
}
