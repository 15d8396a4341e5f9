import { halfOpenDatabase } from '@sena/testing/half-open-database';
import { expect, it } from 'vitest';
import { openAuth } from './open-auth.ts';

const secret = 'a secret for tests that is long enough';

const postgres = halfOpenDatabase('identity');

it('a sign-in over a half-open connection fails in bounded time, and the next one has another connection', async () => {
  const auth = openAuth({
    authUrl: postgres.url(),
    ...{ authSecret: secret, serviceTokenSecret: secret, publicUrl: 'http://localhost:4700' },
    onLog: () => undefined,
    silentMsMax: 500,
  });
  try {
    await auth.ready();
    postgres.fallSilent();
    await expect(auth.ready()).rejects.toThrow(/said nothing for 500 ms/);
    await auth.ready();
  } finally {
    await auth.close();
  }
}, 20_000);
