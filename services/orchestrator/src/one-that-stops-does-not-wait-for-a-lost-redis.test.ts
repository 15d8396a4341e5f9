// A deploy in the middle of an outage: the orchestrator ends, though nobody can be rung.
import { startRedis } from '@sena/testing/redis';
import { expect, test } from 'vitest';
import { openRunBench } from './fixtures/open-run-bench.ts';

test('Redis is killed under an orchestrator that has dispatched a run, and is not there when it is told to stop', async () => {
  const redis = await startRedis();
  const bench = await openRunBench({ REDIS_URL: redis.url });
  const runId = await bench.ask({ kind: 'command', command: 'hostname', selector: 'name=web-01' });
  await bench.dispatched(runId, 1);
  await redis.kill();
  const toldAtMs = performance.now();
  await bench.stopOrchestrator();
  // One doorbell that is tried for 6 s, and 5 s for the server to hear what was done.
  expect(performance.now() - toldAtMs).toBeLessThan(20_000);
  await bench.close();
}, 60_000);
