// For servers that can't be told to listen on port 0 themselves. Opens and closes one loopback listener.
import { createServer } from 'node:net';

/** A TCP port of 127.0.0.1 that was free a moment ago. Callers retry when somebody else was faster. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('The system gave no TCP port on 127.0.0.1.');
  return address.port;
}
