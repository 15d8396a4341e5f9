// PostgreSQL refuses to run as root: finds, or makes, the system user it runs as instead. Entered before the database is made.
// As root only: may add the system user `postgres`.
import { spawnSync } from 'node:child_process';

export type SystemUser = { uid: number; gid: number };

/** null: PostgreSQL runs as whoever started SENA. @throws {Error} when the user can't be made. */
export function findPostgresUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const known = lookUp();
  if (known !== null) return known;
  const added = spawnSync(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
    { encoding: 'utf8', timeout: 10_000 },
  );
  const made = lookUp();
  if (made !== null) return made;
  throw new Error(
    `PostgreSQL does not run as root, and the user "postgres" could not be added (${(added.stderr ?? added.error?.message ?? '').trim()}). ` +
      'Start SENA as an ordinary user, add the user yourself (useradd --system postgres), or set SENA_DATABASE_URL to a PostgreSQL of your own.',
  );
}

function lookUp(): SystemUser | null {
  const id = (flag: string) => {
    const { status, stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8', timeout: 5_000 });
    return status === 0 ? Number(stdout.trim()) : null;
  };
  const uid = id('-u');
  const gid = id('-g');
  return uid === null || gid === null ? null : { uid, gid };
}
