// Is a program of the system there? Reads PATH and nothing else.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';

/** Throws with the Debian package to install. */
export async function findProgram(name: string, debianPackage: string): Promise<string> {
  for (const folder of [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/sbin']) {
    const file = path.join(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Missing, or not executable: the search goes on.
    }
  }
  throw new Error(
    `${name} is not installed. Install it, then run the benchmark again: apt-get install ${debianPackage}`,
  );
}
