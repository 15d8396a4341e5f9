// Runs one program to its end and keeps what it said. Entered by the other rooms of bootstrap/.
// Starts that program, nothing else.
import { spawn } from 'node:child_process';

/** Those that run: when this process ends they end with it, with all that they started. */
const running = new Set();
process.once('exit', () => {
  for (const child of running) endGroup(child);
});

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, timeoutMs: number }} options
 * @returns {Promise<{ code: number | null, output: string }>} `code` null: it could not be started, or ran out of time.
 */
export function runCommand(program, args, { cwd, env, timeoutMs }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    const timer = setTimeout(() => endGroup(child), timeoutMs);
    const settle = (result) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(result);
    };
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-64_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => settle({ code: null, output: error.message }));
    child.once('close', (code) => settle({ code, output }));
  });
}

/** The last lines of a program's output, for an error message. */
export function lastLines(output, count = 25) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}

function endGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    // It has just ended.
    if (error.code !== 'ESRCH') throw error;
  }
}
