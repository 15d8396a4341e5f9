// Asks SENA a first question through the API, in an installation where nothing was ever asked, and follows the run to its end. Entered by
// bringUp when the satellites are connected. Creates one run, or none.
import { setTimeout as sleep } from 'node:timers/promises';
import { pageSchema } from '@sena/contracts/http/page';
import { type Run, runAcceptedSchema, runSchema, runSummarySchema } from '@sena/contracts/http/runs';
import { type ApiAccess, callApi } from './api/call-api.ts';

export const firstQuestion = 'Which nodes are running out of disk space?';

const idsSchema = pageSchema(runSummarySchema.pick({ id: true }));
const pollEveryMs = 200;
const patienceMs = 90_000;

/** @returns the run as it ended, or as it was when the patience was over; null: it is not the first. @throws {ApiError} */
export async function askFirstQuestion(access: ApiAccess): Promise<Run | null> {
  const asked = await callApi(access, { method: 'GET', path: '/v1/runs?limit=1', answer: idsSchema });
  if (asked.items.length > 0) return null;
  const { id } = await callApi(access, {
    method: 'POST',
    path: '/v1/runs',
    body: { kind: 'ask', prompt: firstQuestion },
    answer: runAcceptedSchema,
  });
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const run = await callApi(access, { method: 'GET', path: `/v1/runs/${id}`, answer: runSchema });
    if (run.finishedAt !== null || run.status === 'awaiting_approval' || Date.now() > deadline) return run;
    await sleep(pollEveryMs);
  }
}
