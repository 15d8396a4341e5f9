import { eventually } from '@sena/testing/eventually';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let redis: TestRedis;
let gateway: TestGateway;
beforeAll(async () => {
  redis = await startRedis();
  gateway = await openTestGateway(['owner'], {}, { REDIS_URL: redis.url });
  // Nobody works here, so the database says what a worker would have.
  await gateway.admin.query('set search_path = sena');
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await redis.stop();
});

const ask = async () => {
  const asked = await gateway.call('POST', '/v1/runs', { body: { kind: 'ask', prompt: 'why?' } });
  expect(asked.status).toBe(202);
  return asked.json.id as string;
};
const waitsOf = async (runId: string) => (await gateway.call('GET', `/v1/runs/${runId}`)).json.waits;
const readiness = async () => gateway.call('GET', '/readyz', { as: null });

it('a run that nobody takes up says why while the queue is away, and no longer', async () => {
  const [waiting, worked, done, ended] = [await ask(), await ask(), await ask(), await ask()];
  await gateway.admin.query(`update runs set lease_expires_at = now() + interval '1 hour' where id = $1`, [worked]);
  await gateway.admin.query('update runs set handled_count = wake_count where id = $1', [done]);
  await gateway.admin.query(`update runs set status = 'cancelled', finished_at = now() where id = $1`, [ended]);
  expect(await waitsOf(waiting)).toEqual([]);
  expect((await readiness()).json).toEqual({ status: 'ready', queue: 'reachable', doorbells: 'heard' });

  await redis.kill();
  const meanwhile = await ask();
  for (const id of [waiting, meanwhile]) expect(await waitsOf(id)).toEqual([{ kind: 'queue_unreachable' }]);
  for (const id of [worked, done, ended]) expect(await waitsOf(id)).toEqual([]);
  const ready = await readiness();
  expect(ready.status).toBe(200);
  expect(ready.json).toMatchObject({ status: 'ready', queue: 'unreachable', doorbells: 'not_heard' });
  expect(ready.json.detail).toMatch(/queue can not be reached.*begins when it is back.*REDIS_URL/);

  await redis.startAgain();
  await eventually('the queue is reached again', async () => (await waitsOf(waiting)).length === 0);
  await eventually('doorbells are heard again', async () => (await readiness()).json.doorbells === 'heard');
  expect((await readiness()).json).toEqual({ status: 'ready', queue: 'reachable', doorbells: 'heard' });
}, 60_000);
