// The programs of the system that tests use, and the harnesses which work with lab hosts. Entered by npm test and by start-harness.mjs first.
// On Debian and Ubuntu root gets what is missing from apt; everybody else gets a sentence that names it. Services of the packages are not
// started.
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastLines, runCommand } from '../../bootstrap/run-command.mjs';

/** @type {ReadonlyArray<{ program: string, orElse?: string[], debianPackage: string, for: string, testsOnly?: true }>} */
const needed = [
  { program: 'sshd', debianPackage: 'openssh-server', for: 'lab hosts' },
  { program: 'redis-server', debianPackage: 'redis-server', for: 'the queue and doorbells on Redis' },
  {
    program: 'chromium',
    orElse: ['chromium-browser', 'google-chrome'],
    debianPackage: 'chromium',
    for: 'the browser test',
    testsOnly: true,
  },
  { program: 'openssl', debianPackage: 'openssl', for: 'certificates of sign-in providers' },
  { program: 'nft', debianPackage: 'nftables', for: 'networks that accept nothing from outside', testsOnly: true },
  { program: 'ip', debianPackage: 'iproute2', for: 'network namespaces' },
  { program: 'busybox', debianPackage: 'busybox', for: 'lab hosts, and commands under every shell that nodes have' },
  { program: 'dash', debianPackage: 'dash', for: 'commands under every shell that nodes have' },
  { program: 'bash', debianPackage: 'bash', for: 'commands under every shell that nodes have' },
  { program: 'g++', debianPackage: 'g++', for: 'the SSH cryptography of satellites' },
  { program: 'cc', debianPackage: 'gcc', for: 'power losses among the faults' },
  { program: 'make', debianPackage: 'make', for: 'the SSH cryptography of satellites' },
  { program: 'python3', debianPackage: 'python3', for: 'the SSH cryptography of satellites' },
];

const aptTimeoutMs = 300_000;
/** While this file is there and says 101, Debian's packages don't start their services when they are installed. */
const policyFile = '/usr/sbin/policy-rc.d';

/**
 * @param {(line: string) => void} log
 * @throws {Error} whose message says what to install, line by line.
 */
export async function installSystemPackages(log) {
  const missing = missingPrograms();
  if (missing.length === 0) return;
  if (!canInstall()) throw new Error(describeMissing(missing));
  await install(missing, log);
}

/**
 * What the harnesses use. Where it can't be installed this does nothing: they say themselves what they can't do without, and leave out what
 * they can.
 * @param {(line: string) => void} log
 * @throws {Error} whose message says what apt said.
 */
export async function installHarnessPackages(log) {
  const missing = missingPrograms().filter(({ testsOnly }) => testsOnly !== true);
  if (missing.length > 0 && canInstall()) await install(missing, log);
}

function canInstall() {
  return process.getuid?.() === 0 && isDebian();
}

async function install(missing, log) {
  const packages = missing.map(({ debianPackage }) => debianPackage);

  log(`… installing ${packages.join(', ')}`);
  await withoutStartingServices(async () => {
    await apt(['update']);
    await apt(['install', '--yes', '--no-install-recommends', ...packages]);
  });
  const wanted = new Set(missing.map(({ program }) => program));
  const stillMissing = missingPrograms().filter(({ program }) => wanted.has(program));
  if (stillMissing.length > 0) throw new Error(describeMissing(stillMissing));
  log(`✔ installed ${packages.join(', ')}`);
}

/** @param {string} [searchPath] */
export function missingPrograms(searchPath = `${process.env.PATH}:/usr/sbin:/sbin:/usr/bin:/bin`) {
  const folders = searchPath.split(':').filter(Boolean);
  const isInstalled = (program) => folders.some((folder) => isExecutable(path.join(folder, program)));
  return needed.filter(({ program, orElse = [] }) => ![program, ...orElse].some(isInstalled));
}

/** @param {ReturnType<typeof missingPrograms>} missing */
export function describeMissing(missing) {
  const lines = missing.map(
    (one) => `  ${one.program} (for ${one.for}; on Debian: apt-get install ${one.debianPackage})`,
  );
  return ['The tests use programs that are not installed here. Install them, then try again:', ...lines].join('\n');
}

async function apt(args) {
  const { code, output } = await runCommand('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-qq', ...args], {
    cwd: '/',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: aptTimeoutMs,
  });
  if (code !== 0) throw new Error(`apt-get ${args.join(' ')} failed. It said:\n${lastLines(output)}`);
}

async function withoutStartingServices(action) {
  if (existsSync(policyFile)) return action(); // the machine has its own rule
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await action();
  } finally {
    rmSync(policyFile, { force: true });
  }
}

function isDebian() {
  return (
    existsSync('/etc/os-release') && /^(ID|ID_LIKE)=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
