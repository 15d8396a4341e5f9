// Against a server of our own that answers as a node whose disk takes nothing any more: what was stopped there left no end behind.
import { randomUUID } from 'node:crypto';
import { createLogger } from '@sena/telemetry/logger';
import { afterEach, expect, it } from 'vitest';
import { startScriptedNode } from '../ssh/fixtures/scripted-node.ts';
import { followGuardedCommand } from './follow-guarded-command.ts';

let node: Awaited<ReturnType<typeof startScriptedNode>> | null = null;
afterEach(() => node?.stop());

/** What the node answers to a stop; to everybody who asks for the end it says that there is none. */
async function follow(answerToStop: string) {
  const asked = { stop: 0, find: 0 };
  node = await startScriptedNode((channel, command) => {
    const script = command.replace(/\\0([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
    const mark = /'([0-9a-f]{24})'/.exec(script)?.[1] ?? '';
    const isStop = script.includes('kill -TERM');
    asked[isStop ? 'stop' : 'find'] += 1;
    const answer = () => {
      channel.stderr.write(`${mark} ${isStop ? answerToStop : 'lost'}\n`);
      channel.exit(0);
      channel.end();
    };
    // The stop is under way when somebody finds that there is no end.
    if (isStop) answer();
    else setTimeout(answer, 200);
  });
  const { connection } = node;
  const stop = new AbortController();
  stop.abort();
  const end = await followGuardedCommand(
    {
      key: {
        ...{ directory: '/var/lib/sena/guard', executionId: randomUUID(), bootId: 'boot', user: 'root' },
        expiresAtMs: Date.now() + 600_000,
      },
      ...{ start: null, obstacle: () => null, timeoutMs: 60_000, startedAtMs: Date.now() },
      findOutUntilMs: Date.now() + 600_000,
      sink: { write: () => undefined, isFull: () => false, room: async () => undefined },
      acquire: () => Promise.reject(new Error('one connection is enough')),
      ...{ stopSignal: stop.signal, leaving: new AbortController().signal, onRunning: () => undefined },
      logger: createLogger('satellite', 'silent'),
    },
    { kind: 'lease', connection, isReused: false, release: () => undefined, abandon: () => undefined },
  );
  return { end, asked };
}

const unknown = {
  ...{ kind: 'unknown', reason: 'guard_lost' },
  detail: expect.stringContaining('is gone, but its node could not write down how it ended'),
};

it('where the node says so, it is unknown at once, with what is known', async () => {
  expect(await follow('unwritten')).toEqual({ end: unknown, asked: { stop: 1, find: 1 } });
});

it('where the node says that it ended and then shows no end, it is asked twice more, with time between', async () => {
  const beganAtMs = performance.now();
  expect(await follow('ended')).toEqual({ end: unknown, asked: { stop: 1, find: 3 } });
  expect(performance.now() - beganAtMs).toBeGreaterThan(2_000);
}, 20_000);
