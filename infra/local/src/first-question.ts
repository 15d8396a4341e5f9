// Asks SENA a first question through the API and follows the run to its end. Entered by main.ts when the satellites are connected.
// Creates one run.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Run, runAcceptedSchema, runSchema } from '@sena/contracts/http/runs';
import { type ApiAccess, callApi } from './api/call-api.ts';

export const firstQuestion = 'Which nodes are running out of disk space?';

const pollEveryMs = 200;
const answerWithinMs = 90_000;

/** @returns the run as it ended, or as it was when the time was over. @throws {ApiError} */
export async function askFirstQuestion(access: ApiAccess): Promise<Run> {
  const { id } = await callApi(access, {
    method: 'POST',
    path: '/v1/runs',
    body: { kind: 'ask', prompt: firstQuestion },
    answer: runAcceptedSchema,
  });
  const deadline = Date.now() + answerWithinMs;
  for (;;) {
    const run = await callApi(access, { method: 'GET', path: `/v1/runs/${id}`, answer: runSchema });
    if (run.finishedAt !== null || run.status === 'awaiting_approval' || Date.now() > deadline) return run;
    await sleep(pollEveryMs);
  }
}
