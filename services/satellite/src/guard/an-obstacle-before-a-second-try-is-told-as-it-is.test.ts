import { randomUUID } from 'node:crypto';
import { createLogger } from '@sena/telemetry/logger';
import { expect, it } from 'vitest';
import { notStarted } from '../dispatch/end-execution.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import { followGuardedCommand } from './follow-guarded-command.ts';

const logger = createLogger('satellite', 'silent');

/** A connection that breaks before anything is sent over it. */
const broken = {
  kind: 'lease',
  isReused: true,
  release: () => undefined,
  abandon: () => undefined,
  connection: {
    isClosed: () => true,
    client: {
      exec() {
        throw new Error('Not connected');
      },
    },
  },
} as unknown as SshLease;

it('a start that had not left, and may not begin any more, is told as not begun, with why', async () => {
  const end = await followGuardedCommand(
    {
      key: { executionId: randomUUID(), bootId: 'boot', directory: '/srv', expiresAtMs: Date.now(), user: 'root' },
      start: { shell: 'sh', text: 'date', environment: {}, outputBytesMax: 1_000 },
      ...{ timeoutMs: 60_000, startedAtMs: Date.now(), findOutUntilMs: Date.now() + 60_000, logger },
      stopSignal: new AbortController().signal,
      leaving: new AbortController().signal,
      sink: { write: () => undefined, isFull: () => false, room: async () => undefined },
      acquire: async () => broken,
      obstacle: () => notStarted('clock_skew', 'It is 90 s ahead.'),
      onRunning: () => undefined,
    },
    broken,
  );
  expect(end).toEqual({ kind: 'not_begun', reason: 'clock_skew', detail: 'It is 90 s ahead.' });
});
