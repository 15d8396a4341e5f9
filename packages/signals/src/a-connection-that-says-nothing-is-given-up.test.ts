import { eventually } from '@sena/testing/eventually';
import { halfOpenDatabase } from '@sena/testing/half-open-database';
import { expect, it } from 'vitest';
import { openPostgresTransport } from './open-postgres-transport.ts';

const timing = { queryTimeoutMs: 300, aliveEveryMs: 200 };

const postgres = halfOpenDatabase('app');

it('the connection that listens and those that ring are found to be half-open, and replaced', async () => {
  const heard: string[] = [];
  const told: string[] = [];
  const transport = await openPostgresTransport(
    postgres.url(),
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
    postgres.fallSilent();
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
  }
}, 20_000);
