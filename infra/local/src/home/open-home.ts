// Where a checkout keeps what it needs between starts. Entered first by main.ts.
// Makes directories only.
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export type Home = {
  checkout: string;
  /** `.sena` in the checkout. */
  own: string;
  /** Database, keys, satellites. */
  data: string;
  secretsFile: string;
  processesFile: string;
  /** Always in the checkout: scripts and tests look there. */
  localFile: string;
};

export const checkoutDirectory = path.resolve(import.meta.dirname, '..', '..', '..', '..');

/** `dataDirectory` null: `.sena` in the checkout. */
export function openHome(dataDirectory: string | null): Home {
  const own = path.join(checkoutDirectory, '.sena');
  const data = dataDirectory === null ? own : path.resolve(dataDirectory);
  for (const directory of new Set([own, data])) {
    mkdirSync(directory, { recursive: true });
    // PostgreSQL's user passes through on the way to its own directory; what is secret in here is closed file by file.
    chmodSync(directory, 0o711);
  }
  return {
    checkout: checkoutDirectory,
    own,
    data,
    secretsFile: path.join(data, 'secrets.json'),
    processesFile: path.join(data, 'processes.json'),
    localFile: path.join(own, 'local.json'),
  };
}
