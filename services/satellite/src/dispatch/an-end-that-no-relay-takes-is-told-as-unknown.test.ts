import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Outcome } from '@sena/contracts/domain/outcome';
import { executionResultSchema } from '@sena/contracts/frames';
import { createLogger } from '@sena/telemetry/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStateDirectory } from '../config/state-directory.ts';
import { measureNowhere } from '../fixtures/output-meter.ts';
import { makeDispatch, startTestSatellite, startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { buildResult } from './build-result.ts';
import { endExecution } from './end-execution.ts';
import { makeReportable } from './make-reportable.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());

const logs: string[] = [];
const logger = createLogger('satellite', 'info', { write: (line: string) => void logs.push(line) });
const ended = (outcome: Outcome, change: object = {}) => ({
  ...buildResult(randomUUID(), outcome, {
    ...{ mode: 'direct', attempt: 1, startedAtMs: Date.now(), durationMs: 5, meter: measureNowhere(100) },
  }),
  ...change,
});
const fine: Outcome = { kind: 'exited', exitCode: 0, signal: null, reason: null };

it('an end that fits stays as it is', () => {
  const result = ended(fine);
  expect(makeReportable(result, { logger })).toBe(result);
  expect(logs).toEqual([]);
});

it.each([
  ['a time before its start', ended(fine, { durationMs: -3 }), 'durationMs'],
  ['a code that no program has', ended({ ...fine, exitCode: -1 }), 'outcome.exitCode'],
  ['a signal that none is', ended({ ...fine, exitCode: null, signal: 'a b' }), 'outcome.signal'],
  ['a detail without an end', ended({ kind: 'unknown', reason: 'guard_lost', detail: 'x'.repeat(501) }), 'detail'],
  ['half a byte of output', ended(fine, { stdoutBytes: 0.5 }), 'stdoutBytes'],
])('%s', (_what, result, field) => {
  const told = makeReportable(result, { logger });
  expect(executionResultSchema.parse(told)).toEqual(told);
  expect(told.outcome).toMatchObject({
    ...{ kind: 'unknown', reason: 'report_unreadable' },
    detail: expect.stringContaining(field),
  });
  expect(logs.some((line) => line.includes(result.executionId) && line.includes('"level":"error"'))).toBe(true);
});

it('what the relay hears is what was journaled', async () => {
  const journaled: unknown[] = [];
  const heard: unknown[] = [];
  const rooms = {
    journal: { perform: async ({ result }: { result: unknown }) => journaled.push(result) > 0 },
    outbox: { result: (result: unknown) => void heard.push(result) },
  };
  const times = { startedAtMs: Date.now(), durationMs: 5 };
  const began = { mode: 'direct' as const, attempt: 1, ...times, meter: measureNowhere(100) };
  const execution = { id: randomUUID(), logger } as never;
  await endExecution(execution, { ...fine, exitCode: 2 ** 40 }, began, null, rooms as never);
  expect(journaled).toMatchObject([{ outcome: { kind: 'unknown', reason: 'report_unreadable' } }]);
  expect(heard).toEqual(journaled);
});

it('one that an earlier process has journaled does not hold up its satellite', async () => {
  const first = await site.start();
  const { relay, config } = first;
  relay.behaviour.acknowledgesOutcomes = false;
  const { frame, executionId } = await makeDispatch(site, 'hostname', [site.node('web-01').node]);
  relay.send(frame);
  await relay.result(executionId);
  await first.satellite.stop(0);
  const journal = new DatabaseSync(openStateDirectory(config.stateDirectory).journal);
  journal.exec("update executions set result = json_set(result, '$.durationMs', -1)");
  journal.close();

  relay.behaviour.acknowledgesOutcomes = true;
  const second = await startTestSatellite(config, relay);
  try {
    expect(await relay.result(executionId, 2)).toMatchObject({
      ...{ attempt: 1, stdoutBytes: 7, durationMs: null },
      outcome: { kind: 'unknown', reason: 'report_unreadable' },
    });
    const next = await makeDispatch(site, 'hostname', [site.node('web-01').node]);
    relay.send(next.frame);
    expect(await relay.result(next.executionId)).toMatchObject({ outcome: fine });
    // Somebody asks again: it is told the same way.
    relay.send({ t: 'reconcile', executionIds: [executionId] });
    expect(await relay.result(executionId, 3)).toEqual(await relay.result(executionId, 2));
  } finally {
    await second.satellite.stop(0);
  }
});
