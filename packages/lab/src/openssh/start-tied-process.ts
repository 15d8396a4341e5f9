// Starts a program whose life is tied to this process: when this process dies, by kill -9 too, the kernel kills it.
// Entered by whatever holds namespaces or boots hosts.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { cleanEnvironment } from './lab-machine.ts';

export interface TiedProcess {
  child: ChildProcess;
  pid: number;
  /** The lines that it printed before `ready`. */
  lines: string[];
  exited: Promise<Exit>;
}

export type Exit = { kind: 'code'; code: number } | { kind: 'signal'; signal: NodeJS.Signals };

/** Resolves when the program prints the line `ready`; rejects with what it wrote to stderr when it exits before or takes
 * longer than `readyMs`. `prefix` runs outside the tie because entering a user namespace would undo it. */
export async function startTiedProcess(prefix: string[], program: string[], readyMs: number): Promise<TiedProcess> {
  const [file = '', ...rest] = [...prefix, 'setpriv', '--pdeathsig', 'KILL', '--', ...program];
  // A session of its own: Ctrl-C in a terminal is for this process, which then decides.
  const child = spawn(file, rest, { env: cleanEnvironment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4_000);
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (signal !== null) resolve({ kind: 'signal', signal });
      else resolve({ kind: 'code', code: code ?? -1 });
    });
  });
  const lines: string[] = [];
  const name = program.join(' ');
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Not ready after ${readyMs} ms: ${name}: ${complaint.trim()}`));
    }, readyMs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line !== 'ready') {
        lines.push(line);
        return;
      }
      clearTimeout(timer);
      resolve();
    });
    exited.then(
      // stderr may still be on its way: close comes after its end.
      (exit) => {
        clearTimeout(timer);
        const fail = () =>
          reject(new Error(`Ended before it was ready (${JSON.stringify(exit)}): ${name}: ${complaint.trim()}`));
        if (child.stderr.closed) fail();
        else child.once('close', fail);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
  return { child, pid: child.pid ?? 0, lines, exited };
}

export async function killTiedProcess(tied: TiedProcess): Promise<void> {
  tied.child.kill('SIGKILL');
  await tied.exited;
}
