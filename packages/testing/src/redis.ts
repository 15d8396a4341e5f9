// For tests that need Redis: a real redis-server of their own on 127.0.0.1, without persistence.
// Starts and ends that one process by its pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { findProgram } from './find-program.ts';
import { freePort } from './free-port.ts';

export interface TestRedis {
  readonly url: string;
  /** FLUSHALL: it forgets everything and goes on. */
  flush(): Promise<void>;
  /** Ends it orderly. */
  stop(): Promise<void>;
  /** kill -9: nothing is said to its clients. */
  kill(): Promise<void>;
  /** After `stop` or `kill`: an empty server on the same port. */
  startAgain(): Promise<void>;
}

/** About 50 ms. A missing redis-server throws an error that names the Debian package. */
export async function startRedis(): Promise<TestRedis> {
  const program = await findProgram(['redis-server'], 'redis-server');
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      let server = await spawnRedis(program, port);
      return {
        url: `redis://127.0.0.1:${port}`,
        flush: () => flushAll(port),
        stop: () => end(server, 'SIGTERM'),
        kill: () => end(server, 'SIGKILL'),
        startAgain: async () => {
          await end(server, 'SIGKILL');
          server = await spawnRedis(program, port);
        },
      };
    } catch (error) {
      const portWasTaken = error instanceof Error && error.message.includes('in use');
      if (!portWasTaken || attempt === 3) throw error;
    }
  }
}

async function spawnRedis(program: string, port: number): Promise<ChildProcess> {
  const server = spawn(
    program,
    [
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // A test run that ends early takes its server along.
  const killWithParent = () => server.kill('SIGKILL');
  process.once('exit', killWithParent);
  server.once('exit', () => process.off('exit', killWithParent));

  let output = '';
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready to accept connections')) resolve();
    };
    server.stdout?.on('data', onData);
    server.stderr?.on('data', onData);
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`redis-server ended with code ${code}:\n${output}`)));
  });
  server.stdout?.removeAllListeners('data').resume();
  server.stderr?.removeAllListeners('data').resume();
  return server;
}

async function flushAll(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, timeout: 5_000 });
  socket.once('timeout', () => socket.destroy(new Error('redis-server said nothing to FLUSHALL for 5 s')));
  try {
    socket.write('FLUSHALL\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer.toString() !== '+OK\r\n') throw new Error(`redis-server answered FLUSHALL with ${answer}`);
  } finally {
    socket.destroy();
  }
}

async function end(server: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}
