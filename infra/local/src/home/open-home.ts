// Where a checkout keeps what it needs between starts. Entered first by main.ts.
// Makes directories only.
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export type Home = {
  checkout: string;
  /** Database, keys, satellites. */
  data: string;
  secretsFile: string;
  processesFile: string;
  localFile: string;
  /** One supervisor at a time works in each of these. */
  lockDirectories: string[];
};

const checkout = path.resolve(import.meta.dirname, '..', '..', '..', '..');

/** By default all is in the checkout's `.sena`; scripts look for `local.json` there wherever the data is. */
export function openHome(options: { dataDirectory: string | null; localFile: string | null }): Home {
  const data = path.resolve(options.dataDirectory ?? path.join(checkout, '.sena'));
  const localFile = path.resolve(options.localFile ?? path.join(checkout, '.sena', 'local.json'));
  const lockDirectories = [...new Set([path.dirname(localFile), data])];
  for (const directory of lockDirectories) mkdirSync(directory, { recursive: true, mode: 0o711 });
  // PostgreSQL's user passes through on the way to its own directory; what is secret in here is closed file by file.
  chmodSync(data, 0o711);
  return {
    checkout,
    data,
    secretsFile: path.join(data, 'secrets.json'),
    processesFile: path.join(data, 'processes.json'),
    localFile,
    lockDirectories,
  };
}
