import type { ExecutionResult, SatelliteFrame } from '@sena/contracts/frames';
import { expect, it } from 'vitest';
import { createOutbox } from './create-outbox.ts';

const at = '2026-01-01T00:00:00.000Z';

/** What the relay is told of a command that had ended when there was a connection again. */
function toldLate(bootId: string | null): SatelliteFrame[] {
  const outbox = createOutbox({ bytesPerExecutionMax: 1_000, bytesTotalMax: 1_000 });
  const sink = outbox.open('execution', 1);
  sink.started({ at, bootId, mayWait: bootId === null });
  sink.append('stdout', Buffer.from('abc'));
  outbox.result({ executionId: 'execution', attempt: 1, revision: 1 } as ExecutionResult);
  const told: SatelliteFrame[] = [];
  outbox.linkUp({ push: (frame) => told.push(frame), room: async () => undefined });
  return told;
}

it('of a command that may change something, the boot is told before its output, also when it has ended', () => {
  const told = toldLate('boot-1');
  expect(told.map(({ t }) => t)).toEqual(['started', 'output', 'result']);
  expect(told[0]).toEqual({ t: 'started', executionId: 'execution', attempt: 1, at, bootId: 'boot-1' });
});

it('of one without a guard, the result says when it began', () => {
  expect(toldLate(null).map(({ t }) => t)).toEqual(['output', 'result']);
});
