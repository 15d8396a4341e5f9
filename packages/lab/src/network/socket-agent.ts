// Opens sockets inside a network namespace on behalf of this process: a socket belongs to the network it was made in, whoever
// holds it. Entered by the networks; starts one small process per network, which ends with this one.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { SocketAddress } from '../lab.ts';
import { cleanEnvironment } from '../openssh/lab-machine.ts';
import type { AgentAnswer, AgentRequest } from './socket-agent-main.ts';

const answerMs = 10_000;

export interface SocketAgent {
  /** Listens on 127.0.0.1 there: on `port` if it is free, else on one that the system chooses. */
  listen(port: number): Promise<{ server: Server; port: number }>;
  /** Connects from there. The socket comes paused. */
  connect(target: SocketAddress): Promise<Socket>;
  stop(): Promise<void>;
}

/** `enter`: argument prefix that runs a program inside the network. */
export function startSocketAgent(enter: string[]): SocketAgent {
  const program = [process.execPath, fileURLToPath(new URL('./socket-agent-main.ts', import.meta.url))];
  const [file = '', ...rest] = [...enter, 'setpriv', '--pdeathsig', 'KILL', '--', ...program];
  const child = spawn(file, rest, {
    env: cleanEnvironment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const pending = new Map<number, (answer: AgentAnswer | { kind: 'gone' }, handle: unknown) => void>();
  let nextId = 1;
  child.on('message', (answer: AgentAnswer, handle) => pending.get(answer.id)?.(answer, handle));
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      for (const settle of [...pending.values()]) settle({ kind: 'gone' }, undefined);
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });

  const ask = async (request: AgentRequest): Promise<{ answer: AgentAnswer; handle: unknown }> => {
    return await new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        pending.delete(request.id);
        act();
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`No answer from inside the network: ${request.kind}`))),
        answerMs,
      );
      pending.set(request.id, (answer, handle) =>
        settle(() => {
          if (answer.kind === 'gone') reject(new Error('The process inside the network has ended'));
          else if (answer.kind === 'failed') reject(new Error(answer.message));
          else resolve({ answer, handle });
        }),
      );
      sendTo(child, request, (error) => settle(() => reject(error)));
    });
  };

  return {
    async listen(port) {
      const { answer, handle } = await ask({ kind: 'listen', id: nextId++, port });
      if (answer.kind !== 'listening') throw new Error(`Unexpected answer: ${answer.kind}`);
      return { server: handle as Server, port: answer.port };
    },
    async connect(target) {
      const { handle } = await ask({ kind: 'connect', id: nextId++, ...target });
      return handle as Socket;
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function sendTo(child: ChildProcess, request: AgentRequest, onError: (error: Error) => void): void {
  child.send(request, (error) => {
    if (error) onError(error);
  });
}
