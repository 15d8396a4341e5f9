// Asks a process's readiness address until it says yes. Entered by the stack, here or from inside a namespace.
// GETs one address.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const pollEveryMs = 60;
const answerTimeoutMs = 2_000;

/** Resolves at the first answer below 400; returns early when `signal` aborts. */
export async function untilHttpReady(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await answersOk(url)) return;
    await sleep(pollEveryMs);
  }
}

/** The same, asked by a process that `prefix` starts: where the address is reached from its network namespace only. */
export async function untilHttpReadyBehind(prefix: string[], url: string, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = [...prefix, process.execPath, fileURLToPath(import.meta.url), url];
  const probe = spawn(program, args, { stdio: 'ignore', signal });
  const [code] = (await once(probe, 'exit').catch((error: unknown) => {
    if (signal.aborted) return [0];
    throw error;
  })) as [number | null];
  if (code !== 0) throw new Error(`the readiness probe ended with code ${code}`);
}

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: answerTimeoutMs, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', () => resolve(false));
  });
}

if (import.meta.main) {
  const [, , url = ''] = process.argv;
  await untilHttpReady(url, AbortSignal.timeout(120_000));
}
