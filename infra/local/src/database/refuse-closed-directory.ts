// Says what to do where PostgreSQL's user can't get to its data. Entered before the database is made.
// Reads modes only.
import type { SystemUser } from './find-postgres-user.ts';
import { firstClosedDirectory } from './first-closed-directory.ts';

/** @throws {Error} that names the directory and the ways out. */
export function refuseClosedDirectory(dataDirectory: string, user: SystemUser): void {
  const closed = firstClosedDirectory(dataDirectory, user);
  if (closed === null) return;
  throw new Error(
    `PostgreSQL runs as the user "postgres", who can't enter ${closed.path} (mode ${closed.mode}). ` +
      'Move the checkout to a directory that everyone may enter, for example /srv/sena, or keep the data elsewhere: SENA_DATA_DIR=/var/lib/sena npm start. ' +
      'A PostgreSQL of your own works too: SENA_DATABASE_URL.',
  );
}
