// Where fixtures and benchmarks look for a program of the system. Reads PATH and nothing else.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of the first of `names` that is installed; none → an error that names the Debian package to install. */
export async function findProgram(names: readonly string[], debianPackage: string): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), '/usr/bin', '/usr/sbin'];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (await isExecutable(path)) return path;
    }
  }
  throw new Error(
    `${names.join(' or ')} is not installed. Install it, then try again: apt-get install ${debianPackage}`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // missing or not executable: the search goes on
  }
}
