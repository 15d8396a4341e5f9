import { executionResultSchema } from '@sena/contracts/frames';
import { expect, it } from 'vitest';
import { measureNowhere } from '../fixtures/output-meter.ts';
import { buildResult } from './build-result.ts';

it('what began after it ended, by the clock of this process, took no time', () => {
  const outcome = { kind: 'exited', exitCode: 0, signal: null, reason: null } as const;
  const times = { startedAtMs: Date.now() + 90_000, durationMs: -86_329.4 };
  const began = { mode: 'guarded' as const, attempt: 1, ...times, meter: measureNowhere(100) };
  const result = buildResult('2f0f4a1e-62ab-5c4a-8a0e-0f6f3a1f4c11', outcome, began);
  expect(result.durationMs).toBe(0);
  // Otherwise the relay closes the tunnel, and the satellite says it again on the next one, for ever.
  expect(executionResultSchema.safeParse(result).success).toBe(true);
});
