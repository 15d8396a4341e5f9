// Connects satellites that answer at once, all in one process beside SENA's. Entered by benchmarks of the control plane.
import path from 'node:path';
import type { ScriptedIdentity } from './arrange-fleet.ts';
import { type Child, startChild } from './start-child.ts';

/** Resolves when all are welcome. */
export async function startScriptedSatellites(
  tunnelUrl: string,
  identities: readonly ScriptedIdentity[],
): Promise<Child> {
  const child = startChild(path.join(import.meta.dirname, 'scripted-satellites-main.ts'));
  child.tell({
    url: tunnelUrl,
    satellites: identities.map(({ publicKey, privateKey }) => ({
      publicKey,
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    })),
  });
  await child.next();
  return child;
}
