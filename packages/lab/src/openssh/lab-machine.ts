// What this machine can carry, found out by trying. Entered by start-lab and start-outbound-only-network.
// Makes throw-away namespaces; changes nothing.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programDirectories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
export const cleanEnvironment = { PATH: programDirectories.join(':'), LC_ALL: 'C' };

/** Program → the Debian package that has it. */
const neededPrograms = {
  sshd: 'openssh-server',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  ip: 'iproute2',
  ss: 'iproute2',
  ps: 'procps',
  perl: 'perl-base',
  openssl: 'openssl',
  service: 'init-system-helpers',
  hostname: 'hostname',
} as const;

export type LabMachine =
  | { kind: 'fit'; privilege: 'root' | 'user'; hasTimeNamespace: boolean; sshdVersion: number }
  | { kind: 'unfit'; because: string };

/** Takes about 50 ms. */
export async function examineMachine(): Promise<LabMachine> {
  if (process.platform !== 'linux') return { kind: 'unfit', because: 'Lab hosts with their own sshd need Linux.' };
  const missing = Object.entries(neededPrograms).filter(([program]) => findProgram(program) === null);
  if (missing.length > 0) {
    const names = missing.map(([program]) => program).join(', ');
    const packages = [...new Set(missing.map(([, packageName]) => packageName))].join(' ');
    return { kind: 'unfit', because: `Missing: ${names}. Install them: apt-get install ${packages}` };
  }
  const privilege = process.getuid?.() === 0 ? 'root' : 'user';
  const mountPoint = await mkdtemp(join(tmpdir(), 'sena-lab-probe-'));
  try {
    await run(
      'unshare',
      [
        ...(privilege === 'user' ? ['--user', '--map-root-user'] : []),
        ...['--mount', '--pid', '--uts', '--ipc', '--net', '--fork', '--kill-child', '--'],
        ...['sh', hostFile('probe-machine.sh'), mountPoint, privilege],
      ],
      { env: cleanEnvironment, timeout: 10_000 },
    );
  } catch (error) {
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    return {
      kind: 'unfit',
      because: `This ${privilege} account can't make namespaces with their own mounts: ${detail}`,
    };
  } finally {
    await rmdir(mountPoint);
  }
  return {
    kind: 'fit',
    privilege,
    hasTimeNamespace: existsSync('/proc/self/ns/time'),
    sshdVersion: await sshdVersion(),
  };
}

export function findProgram(name: string): string | null {
  for (const directory of programDirectories) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next directory may have it.
    }
  }
  return null;
}

export function hostFile(name: string): string {
  return fileURLToPath(new URL(`../host-files/${name}`, import.meta.url));
}

/** As a number: 9.2. Versions before 9.2 call -V an unknown option but print it all the same. */
async function sshdVersion(): Promise<number> {
  const text = await run('sshd', ['-V'], { env: cleanEnvironment, timeout: 5_000 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error: unknown) => (error instanceof Error && 'stderr' in error ? String(error.stderr) : ''),
  );
  return Number(/OpenSSH_(\d+\.\d+)/.exec(text)?.[1] ?? 0);
}
