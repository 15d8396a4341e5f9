// Lets a Node process collect its garbage, through its inspector, so that memory that is used is told from memory that was. The
// inspector stays open on a port of 127.0.0.1 until the process ends. Entered by benchmarks of memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const usualPort = 9_229;
const openMs = 10_000;
const othersMs = 120_000;

/** Of its main thread, in bytes: JavaScript's heap, and buffers beside it. */
export interface UsedMemory {
  readonly heapUsed: number;
  readonly external: number;
}

/** Resolves with what is left. One process at a time: they all open the same port. Whoever else has it is waited for. */
export async function collectGarbage(pid: number): Promise<UsedMemory> {
  for (const deadlineMs = performance.now() + othersMs; ; await sleep(500)) {
    const used = await tryToCollect(pid);
    if (used !== null) return used;
    if (performance.now() > deadlineMs) throw new Error(`Port ${usualPort} is the inspector of another process.`);
  }
}

/** null: the port is another process's. */
async function tryToCollect(pid: number): Promise<UsedMemory | null> {
  process.kill(pid, 'SIGUSR1');
  const url = await inspectorUrl(pid);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const ask = (id: number, method: string, params: object = {}) =>
    new Promise<{ result: { result?: { value?: unknown } } }>((resolve, reject) => {
      const onMessage = (data: Buffer) => {
        const message = JSON.parse(data.toString('utf8'));
        if (message.id !== id) return;
        socket.off('message', onMessage);
        resolve(message);
      };
      socket.on('message', onMessage);
      socket.once('error', reject);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const { result } = await ask(1, 'Runtime.evaluate', { expression: 'process.pid' });
  if (result.result?.value !== pid) {
    socket.close();
    return null;
  }
  for (const id of [2, 3]) await ask(id, 'HeapProfiler.collectGarbage');
  const left = await ask(5, 'Runtime.evaluate', { expression: 'process.memoryUsage()', returnByValue: true });
  // So that the next process finds the port free.
  await ask(4, 'Runtime.evaluate', {
    expression: `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 200).unref()`,
  });
  socket.close();
  await sleep(1_000);
  return left.result.result?.value as UsedMemory;
}

async function inspectorUrl(pid: number): Promise<string> {
  for (const deadlineMs = performance.now() + openMs; ; await sleep(100)) {
    try {
      const response = await fetch(`http://127.0.0.1:${usualPort}/json/list`, { signal: AbortSignal.timeout(5_000) });
      const [target] = (await response.json()) as Array<{ webSocketDebuggerUrl: string }>;
      if (target !== undefined) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (performance.now() > deadlineMs)
        throw new Error(`Process ${pid} does not open its inspector.`, { cause: error });
    }
  }
}
