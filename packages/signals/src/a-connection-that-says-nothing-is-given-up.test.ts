import { eventually } from '@sena/testing/eventually';
import { openHalfOpenLine } from '@sena/testing/half-open-line';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPostgresTransport } from './open-postgres-transport.ts';

const timing = { queryTimeoutMs: 300, aliveEveryMs: 200 };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

it('the connection that listens and those that ring are found to be half-open, and replaced', async () => {
  const line = await openHalfOpenLine(database.urls.app);
  const heard: string[] = [];
  const told: string[] = [];
  const transport = await openPostgresTransport(
    line.over(database.urls.app),
    {
      message: (_channel, payload) => heard.push(payload),
      connected: () => told.push('connected'),
      lost: (error) => told.push(`lost: ${error.message}`),
    },
    timing,
  );
  const ring = (payload: string) => transport.publish([{ channel: 'door', payload }]);
  try {
    await transport.change(['door'], []);
    await ring('one');
    await eventually('the ring is heard', () => heard.includes('one'));
    line.fallSilent();
    await expect(ring('two')).rejects.toThrow(/timeout/);
    await eventually('it listens again', () => told.length === 3);
    expect(told).toEqual(['connected', expect.stringMatching(/^lost: .*timeout/), 'connected']);
    // As its caller does it after a gap.
    await transport.change(['door'], []);
    await ring('three');
    await eventually('the ring is heard', () => heard.includes('three'));
    expect(heard).toEqual(['one', 'three']);
  } finally {
    await transport.close();
    line.stop();
  }
}, 20_000);
