// Against a server of our own, which says what it says when it is told to: an sshd sends how a command ended before the last of its output.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSentAtOnce } from '@sena/testing/is-sent-at-once';
import type { Connection, ServerChannel } from 'ssh2';
import { afterEach, expect, it } from 'vitest';
import { executeCommand } from './execute-command.ts';
import { startScriptedNode } from './fixtures/scripted-node.ts';

let node: Awaited<ReturnType<typeof startScriptedNode>> | null = null;
afterEach(() => node?.stop());

type Script = (channel: ServerChannel, connection: Connection) => Promise<void>;

type Settings = { timeoutMs?: number; idleMsMax?: number; room?: () => Promise<void> };

/** `say`: what the node does once it was asked. It has announced the command already. */
async function run(say: Script, { timeoutMs = 20_000, idleMsMax, room = () => Promise.resolve() }: Settings = {}) {
  node = await startScriptedNode((channel, _command, client) => {
    channel.stderr.write('mark:123\n');
    void say(channel, client);
  });
  const { connection } = node;
  const got = { stdout: 0, isCut: false };
  let isFull = false;
  const end = await executeCommand(
    connection,
    {
      ...{ text: 'anything', startMark: 'mark:', timeoutMs, onRunning: () => undefined },
      onCut() {
        got.isCut = true;
      },
      sink: {
        write(stream, chunk) {
          if (stream === 'stdout') got.stdout += chunk.length;
          isFull = true;
        },
        isFull: () => isFull,
        async room() {
          await room();
          isFull = false;
        },
      },
    },
    idleMsMax,
  );
  return { end, ...got };
}

it('a connection to a node sends small messages at once', async () => {
  node = await startScriptedNode((channel) => channel.end());
  const { _sock: socket } = node.connection.client as unknown as { _sock: Socket };
  expect(isSentAtOnce(socket)).toBe(true);
});

const exited = { kind: 'exited', exitCode: 0, signal: null, brokeOff: false };

it('a line that stands still after the end was told costs nothing of the output', async () => {
  const late: Script = async (channel) => {
    channel.write('first');
    channel.exit(0);
    await sleep(7_000);
    channel.end('second');
  };
  expect(await run(late)).toEqual({ end: exited, stdout: 11, isCut: false });
}, 30_000);

it('nor does a time limit that passes after the command has ended, while its output waits for room', async () => {
  const size = 512 * 1024;
  const large: Script = async (channel) => {
    channel.exit(0);
    channel.write(Buffer.alloc(size));
    await sleep(1_500);
    channel.write(Buffer.alloc(size));
    await sleep(1_000);
    channel.end(Buffer.alloc(size));
  };
  const slowly = { timeoutMs: 1_000, room: () => sleep(50) };
  expect(await run(large, slowly)).toEqual({ end: exited, stdout: 3 * size, isCut: false });
}, 30_000);

it('what is left behind and holds the output open ends the wait, and more may come of it: the output is told as cut', async () => {
  const held: Script = async (channel) => {
    channel.write('first');
    channel.exit(0);
  };
  expect(await run(held, { idleMsMax: 500 })).toEqual({ end: exited, stdout: 5, isCut: true });
});

it('a connection that breaks between the end and its output leaves an end that is known and an output that is cut', async () => {
  const broken: Script = async (channel, connection) => {
    channel.write('first');
    channel.exit(0);
    await sleep(300);
    connection.end();
  };
  expect(await run(broken)).toEqual({ end: { ...exited, brokeOff: true }, stdout: 5, isCut: true });
});
