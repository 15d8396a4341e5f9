import { openHalfOpenLine } from '@sena/testing/half-open-line';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPostgresBackend } from './open-postgres-backend.ts';

const silentMsMax = 500;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

it('a job that is added over a half-open connection fails in bounded time, and the next one has another connection', async () => {
  const line = await openHalfOpenLine(database.urls.queue);
  const backend = await openPostgresBackend(line.over(database.urls.queue), () => undefined, silentMsMax);
  const producer = backend.createProducer('half-open', {});
  producer.on('error', () => undefined);
  try {
    await producer.add('before', {}, {});
    line.fallSilent();
    const silentAtMs = performance.now();
    // As many as there are dead connections may fail, each in its time; then there are none left.
    let failed = 0;
    for (let added = false; !added; ) {
      try {
        await producer.add('after', {}, {});
        added = true;
      } catch (error) {
        failed += 1;
        expect((error as Error).message).toMatch(/timeout/i);
        expect(performance.now() - silentAtMs).toBeLessThan(failed * (silentMsMax + 1_000));
      }
      expect(failed).toBeLessThan(4);
    }
    expect(failed).toBeGreaterThan(0);
    await backend.ping();
  } finally {
    await producer.close();
    await backend.close();
    line.stop();
  }
}, 20_000);
