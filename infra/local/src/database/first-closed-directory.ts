// Walks from the root down to a directory and finds the first that another system user can't enter.
// Reads modes only.
import { statSync } from 'node:fs';
import path from 'node:path';
import type { SystemUser } from './find-postgres-user.ts';

/** null: the user gets through to the last existing directory of `directory`. */
export function firstClosedDirectory(directory: string, user: SystemUser): { path: string; mode: string } | null {
  const parts = path
    .resolve(directory)
    .split(path.sep)
    .filter((part) => part !== '');
  let current = path.parse(path.resolve(directory)).root;
  for (const part of ['', ...parts]) {
    current = path.join(current, part);
    const stat = statSync(current, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    const bit = stat.uid === user.uid ? 0o100 : stat.gid === user.gid ? 0o010 : 0o001;
    if (user.uid !== 0 && (stat.mode & bit) === 0) {
      return { path: current, mode: (stat.mode & 0o7777).toString(8).padStart(4, '0') };
    }
  }
  return null;
}
