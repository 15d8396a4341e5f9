// Redis only rings. While changes are under way it forgets everything, is killed, stays away while more are asked for, and comes
// back empty: every run ends well, and the node itself says that each change ran once.
import type { Run } from '@sena/contracts/http/runs';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeOf, type Ledger, openLedger } from './open-ledger.ts';

const asked = 20;
const askedWithoutRedis = 3;
let redis: TestRedis;
let ledger: Ledger;

beforeAll(async () => {
  redis = await startRedis();
  ledger = await openLedger({ redisUrl: redis.url });
}, 90_000);

afterAll(async () => {
  await ledger?.close();
  await redis?.stop();
}, 60_000);

it('every run ends well and each change ran once, though Redis forgot everything and was killed under load', async () => {
  const stopApproving = ledger.approveAll();
  try {
    const ids = await Promise.all(Array.from({ length: asked }, (_, n) => ledger.ask(n)));
    await ledger.untilEnded(4);
    await redis.flush();
    expect(await ledger.ended()).toBeLessThan(asked);
    await ledger.untilEnded(8);
    await redis.kill();
    expect(await ledger.ended()).toBeLessThan(asked);
    for (let n = asked; n < asked + askedWithoutRedis; n += 1) ids.push(await ledger.ask(n));
    await redis.startAgain();
    await redis.flush();

    await ledger.untilEnded(asked + askedWithoutRedis, 60_000);
    const runs = await Promise.all(ids.map((id) => ledger.api.get<Run>(`/v1/runs/${id}`)));
    for (const run of runs) expect(run).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedZero: 1 } });
  } finally {
    await stopApproving();
  }
  const all = Array.from({ length: asked + askedWithoutRedis }, (_, n) => changeOf(n)).sort();
  expect(await ledger.changes()).toEqual(all);
  // The doorbells were really on Redis.
  expect(/the queue lost a connection/.test(ledger.cloud.log())).toBe(true);
}, 120_000);
