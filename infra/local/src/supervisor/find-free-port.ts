// Chooses a port for a process that is about to start.
// Listens for a moment on 127.0.0.1.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range that the system gives to outgoing connections: one of those could take the port before the process
 * listens, or while it is started again.
 */
const firstPort = 20_000;
const lastPort = 32_000;
const attempts = 50;
const given = new Set<number>();

/** Never the same twice in one process. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(firstPort, lastPort);
    if (!given.has(port) && (await isPortFree(port, '127.0.0.1'))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`No free port was found between ${firstPort} and ${lastPort} on 127.0.0.1. End what uses them.`);
}

export function isPortFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host }, () => server.close(() => resolve(true)));
  });
}
