// The room of those that were told as unknown, by a clock of the test's: when each is asked about, and until when.
import { randomUUID } from 'node:crypto';
import type { Outcome, UnknownReason } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope, EnvelopeNode } from '@sena/contracts/envelope';
import { createLogger } from '@sena/telemetry/logger';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AskAgain, createAskAgain } from './ask-again.ts';
import { buildResult } from './build-result.ts';
import type { Begun, Execution } from './execution.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { askLater } from './revise-end.ts';

const logger = createLogger('satellite', 'silent');
const minuteMs = 60_000;
const dayMinutes = 24 * 60;
/** Of the envelope. */
const validMinutes = 10;
let beganAtMs: number;
/** Minutes after the beginning. */
let askedAt: number[];
let askAgain: AskAgain;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  beganAtMs = Date.now();
  askedAt = [];
  askAgain = createAskAgain((execution) => {
    askedAt.push((Date.now() - beganAtMs) / minuteMs);
    // The node did not answer.
    if (execution.begun?.told) tell(execution, execution.begun.told.asks + 1, true);
  }, logger);
});
afterEach(() => {
  askAgain.close();
  vi.useRealTimers();
});

/** As it is after the node was asked `asks` times in vain. */
function tell(execution: Execution, asks: number, isAcked: boolean): void {
  const { begun } = execution;
  const result = begun?.told?.result;
  if (!begun || !result) throw new Error('it has not begun');
  askLater(execution, begun, result, { asks, isAcked }, { askAgain } as Pick<
    ExecutionRooms,
    'askAgain'
  > as ExecutionRooms);
}

function unknownExecution(reason: UnknownReason = 'node_not_reached'): Execution {
  const id = randomUUID();
  const outcome: Outcome = { kind: 'unknown', reason, detail: 'It was away.' };
  const begun: Begun = {
    ...{ attempt: 1, startedAtMs: Date.now(), guard: { directory: '/var/lib/sena/guard', bootId: 'boot' } },
    ...{ acked: { stdout: 0, stderr: 0 }, told: { result: buildResult(id, outcome, null), asks: 0 } },
  };
  return {
    ...{
      kind: 'dispatched',
      id,
      mode: 'guarded',
      logger,
      attempts: 1,
      wasSent: true,
      awaited: null,
      isCancelled: false,
    },
    envelope: { expiresAt: new Date(Date.now() + validMinutes * minuteMs).toISOString() } as DispatchEnvelope,
    node: { address: '10.0.0.1', port: 22 } as EnvelopeNode,
    ...{ begun, stop: new AbortController() },
  };
}

const pass = (minutes: number) => vi.advanceTimersByTime(minutes * minuteMs);

it('after 1, 5 and 15 minutes, then every hour, until the node may have forgotten', () => {
  tell(unknownExecution(), 0, true);
  pass(3 * dayMinutes);
  const hourly = Array.from({ length: 23 }, (_, hours) => 1 + 5 + 15 + (hours + 1) * 60);
  expect(askedAt).toEqual([1, 6, 21, ...hourly]);
  expect(hourly.at(-1)).toBeLessThanOrEqual(validMinutes + dayMinutes);
  expect((hourly.at(-1) ?? 0) + 60).toBeGreaterThan(validMinutes + dayMinutes);
});

it('the first minute begins when the relay has what was told', () => {
  const execution = unknownExecution();
  tell(execution, 0, false);
  pass(90);
  expect(askedAt).toEqual([]);
  askAgain.acknowledged(execution.id);
  pass(1);
  expect(askedAt).toEqual([91]);
});

it('at once when something else reaches the node, and later by the same delays; not when it is another node', () => {
  tell(unknownExecution(), 0, true);
  pass(0.5);
  askAgain.reached('10.0.0.2:22');
  expect(askedAt).toEqual([]);
  askAgain.reached('10.0.0.1:22');
  pass(21);
  expect(askedAt).toEqual([0.5, 5.5, 20.5]);
});

it('one whose node was reached before, and could not confirm a stop, has its time whoever reaches the node', () => {
  tell(unknownExecution('timeout_not_confirmed'), 0, true);
  askAgain.reached('10.0.0.1:22');
  pass(6);
  expect(askedAt).toEqual([1, 6]);
});

it('what is the node’s own last word is not asked about', () => {
  tell(unknownExecution('node_rebooted'), 0, true);
  pass(dayMinutes);
  expect(askedAt).toEqual([]);
});
