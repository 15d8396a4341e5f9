// `npm run first-start`: measures what a newcomer waits for. Clones this checkout's last commit into an empty directory, without packages
// and without any cache of npm or pnpm, and runs `npm start` there until it has answered its first question; then Ctrl-C.
// Entered by npm, on any Node ≥ 20. Leaves nothing; ends with 1 when the answer is wrong, missing or later than the bound.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const boundMs = 180_000;
const stopTimeoutMs = 40_000;
/** The two nodes of the lab whose disk is full. */
const trueAnswer = /\bdb-01\b.*\bweb-07\b/;

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(path.join(tmpdir(), 'sena-first-start-'));
// PostgreSQL runs as a user of its own, who has to get in.
chmodSync(directory, 0o755);
const clone = path.join(directory, 'sena');

let child = null;
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
process.on('exit', () => {
  if (child?.exitCode === null && child.signalCode === null) endGroup('SIGKILL');
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

execFileSync('git', ['clone', '--quiet', '--no-hardlinks', checkout, clone], { stdio: 'inherit' });
const port = await freePort();
const newcomer = environmentOfANewcomer();
const nodeVersion = execFileSync('node', ['--version'], { env: newcomer, encoding: 'utf8' }).trim();
const startedAtMs = performance.now();
child = spawn('npm', ['start'], {
  cwd: clone,
  env: { ...newcomer, SENA_PORT: String(port), NO_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'inherit'],
  // A process group of its own, as a terminal makes it: Ctrl-C goes to all of it.
  detached: true,
});
const ended = new Promise((resolve) => child.once('close', (code) => resolve(code)));

let output = '';
const answeredMs = await new Promise((resolve) => {
  const timer = setTimeout(() => resolve(null), boundMs);
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    output += chunk;
    if (!output.includes('SENA is up')) return;
    clearTimeout(timer);
    resolve(performance.now() - startedAtMs);
  });
  child.once('close', () => resolve(null));
});
const failures = [];
if (answeredMs === null) failures.push(`npm start gave no answer within ${boundMs / 1_000} s.`);
else if (!trueAnswer.test(output))
  failures.push('The first answer does not name db-01 and web-07, whose disks are full.');

if (child.exitCode === null) endGroup('SIGINT');
const late = setTimeout(() => {
  failures.push(`npm start did not end within ${stopTimeoutMs / 1_000} s of Ctrl-C.`);
  endGroup('SIGKILL');
}, stopTimeoutMs);
const code = await ended;
clearTimeout(late);
if (answeredMs !== null && code !== 0) failures.push(`npm start ended with code ${code} after Ctrl-C, not with 0.`);

for (const failure of failures) console.error(`✘ ${failure}`);
if (failures.length === 0) {
  console.log(
    `✔ ${(answeredMs / 1_000).toFixed(1)} s from npm start in a clone without packages to the true first answer (bound ${boundMs / 1_000} s, ${availableParallelism()} cores, Node ${nodeVersion})`,
  );
}
process.exit(failures.length === 0 ? 0 : 1);

/**
 * The Node and npm of this machine alone: npm run puts the packages' programs first on the PATH, a Node among them. What was fetched before
 * is not at hand: npm and pnpm keep it in these places.
 */
function environmentOfANewcomer() {
  const ofThisRun =
    /^(npm_(lifecycle|package|command|execpath|node_execpath|config_local_prefix)|NODE$|INIT_CWD|SENA_|PNPM_HOME)/;
  const kept = Object.entries(process.env).filter(([name]) => !ofThisRun.test(name));
  const searched = (process.env.PATH ?? '').split(path.delimiter);
  return {
    ...Object.fromEntries(kept),
    PATH: searched.filter((place) => !/node_modules|node-gyp-bin/.test(place)).join(path.delimiter),
    npm_config_cache: path.join(directory, 'npm-cache'),
    npm_config_store_dir: path.join(directory, 'pnpm-store'),
    XDG_DATA_HOME: path.join(directory, 'data'),
    XDG_CACHE_HOME: path.join(directory, 'cache'),
    XDG_STATE_HOME: path.join(directory, 'state'),
  };
}

function endGroup(signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // All of it has ended already.
    if (error.code !== 'ESRCH') throw error;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
