// The real journal, entered where a node has answered once more about a command that was told as unknown.
import { randomUUID } from 'node:crypto';
import type { UnknownReason } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope, EnvelopeNode } from '@sena/contracts/envelope';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { createLogger } from '@sena/telemetry/logger';
import { expect, it } from 'vitest';
import { measureNowhere } from '../fixtures/output-meter.ts';
import { acceptOf, journalOfEachTest } from '../fixtures/test-journal.ts';
import { createOutbox } from '../output/create-outbox.ts';
import { buildResult } from './build-result.ts';
import type { Execution } from './execution.ts';
import { reviseEnd } from './revise-end.ts';

const logger = createLogger('satellite', 'silent');
const guard = { directory: '/var/lib/sena/guard', bootId: 'boot' };
const startedAtMs = Date.now();
const journal = journalOfEachTest();

const unknown = (reason: UnknownReason) => ({ kind: 'unknown' as const, reason, detail: `It is ${reason}.` });

/** Told as `first`, and acknowledged; then its node says each of `answers`, as long as it is asked again. */
async function tell(first: UnknownReason, ...answers: UnknownReason[]) {
  const id = randomUUID();
  await journal.perform(acceptOf([{ executionId: id, mode: 'guarded' }], { dispatchId: id }));
  await journal.perform({ op: 'starting', executionId: id, attempt: 1, atMs: startedAtMs, mode: 'guarded', guard });
  const began = { mode: 'guarded' as const, attempt: 1, startedAtMs, durationMs: 5, meter: measureNowhere(1_000) };
  const told = buildResult(id, unknown(first), began);
  await journal.perform({ op: 'finish', result: told, attempt: 1, tail: null });
  await journal.perform({ op: 'outcome-acked', executionId: id, revision: 1 });

  const frames: SatelliteFrame[] = [];
  const outbox = createOutbox({ bytesPerExecutionMax: 1_000, bytesTotalMax: 1_000 });
  outbox.linkUp({ push: (frame) => void frames.push(frame), room: async () => undefined });
  let asking: Execution | null = {
    ...{ kind: 'dispatched', id, mode: 'guarded', logger, attempts: 1, wasSent: true, awaited: null },
    ...{ isCancelled: false, stop: new AbortController() },
    envelope: { expiresAt: new Date(startedAtMs + 60_000).toISOString() } as DispatchEnvelope,
    node: { address: 'node', port: 22 } as EnvelopeNode,
    begun: { attempt: 1, startedAtMs, guard, acked: { stdout: 0, stderr: 0 }, told: { result: told, asks: 0 } },
  };
  const waits: string[] = [];
  const askAgain = {
    enter(execution: Execution, isAcked: boolean) {
      asking = execution;
      waits.push(isAcked ? 'for its time' : 'for the relay');
    },
    ...{ acknowledged: () => undefined, reached: () => undefined, close: () => undefined },
  };
  for (const reason of answers) {
    const begun: Execution['begun'] = asking?.begun ?? null;
    if (asking === null || begun === null || begun.told === null) throw new Error('nobody asks any more');
    const asked: Execution = asking;
    asking = null;
    outbox.open(id, 1);
    const again = { ...begun, told: begun.told };
    await reviseEnd(asked, again, unknown(reason), measureNowhere(1_000), null, { journal, outbox, askAgain });
  }
  const [known] = await journal.perform({ op: 'states', executionIds: [id] });
  const said = frames.flatMap(({ ...frame }) =>
    frame.t === 'result' ? [`${frame.result.revision} ${frame.result.outcome.reason}`] : [],
  );
  return { said, journaled: `${known?.result?.revision} ${known?.result?.outcome.reason}`, waits };
}

it.each(['node_rebooted', 'guard_lost'] as const)(
  '%s is the last word of a node that was not reached',
  async (last) => {
    const once = { said: [`2 ${last}`], journaled: `2 ${last}`, waits: [] };
    expect(await tell('node_not_reached', last)).toEqual(once);
    expect(await tell('timeout_not_confirmed', last)).toEqual(once);
  },
);

it('one that could not be stopped is asked about further, once the relay has that, and may be told a third time', async () => {
  expect(await tell('node_not_reached', 'timeout_not_confirmed', 'guard_lost')).toEqual({
    ...{ said: ['2 timeout_not_confirmed', '3 guard_lost'], journaled: '3 guard_lost', waits: ['for the relay'] },
  });
});

it('what knows the same or less is not told, and takes nothing back', async () => {
  expect(await tell('node_not_reached', 'node_not_reached', 'node_rebooted')).toEqual({
    ...{ said: ['2 node_rebooted'], journaled: '2 node_rebooted', waits: ['for its time'] },
  });
  expect(await tell('timeout_not_confirmed', 'node_not_reached', 'timeout_not_confirmed')).toEqual({
    ...{ said: [], journaled: '1 timeout_not_confirmed', waits: ['for its time', 'for its time'] },
  });
});
