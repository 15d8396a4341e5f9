// Entered by `satellite trust`: asks a node for its host key and says nothing else to it. The connection is given up
// before any login.
import { Client } from 'ssh2';
import { algorithmsFor } from './ssh-algorithms.ts';

/** The key in SSH wire form. Rejects with a sentence when the node shows none within the time limit. */
export function fetchHostKey(address: string, port: number, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let shown: Buffer | null = null;
    client.on('error', (error) => {
      if (shown === null)
        reject(new Error(`${address}:${port} shows no host key: ${error.message}.`, { cause: error }));
    });
    client.on('close', () => {
      if (shown === null) reject(new Error(`${address}:${port} closed the connection before it showed a host key.`));
    });
    client.connect({
      host: address,
      port,
      // No name is given away and no method is offered: the handshake ends at the key.
      username: 'sena',
      authHandler: [],
      algorithms: algorithmsFor(new Set()),
      readyTimeout: timeoutMs,
      hostVerifier(key: Buffer): boolean {
        shown = Buffer.from(key);
        resolve(shown);
        return false;
      },
    });
  });
}
