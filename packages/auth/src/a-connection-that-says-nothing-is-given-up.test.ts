import { openHalfOpenLine } from '@sena/testing/half-open-line';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAuth } from './open-auth.ts';

const secret = 'a secret for tests that is long enough';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

it('a sign-in over a half-open connection fails in bounded time, and the next one has another connection', async () => {
  const line = await openHalfOpenLine(database.urls.identity);
  const auth = openAuth({
    authUrl: line.over(database.urls.identity),
    ...{ authSecret: secret, serviceTokenSecret: secret, publicUrl: 'http://localhost:4700' },
    onLog: () => undefined,
    silentMsMax: 500,
  });
  try {
    await auth.ready();
    line.fallSilent();
    await expect(auth.ready()).rejects.toThrow(/said nothing for 500 ms/);
    await auth.ready();
  } finally {
    await auth.close();
    line.stop();
  }
}, 20_000);
