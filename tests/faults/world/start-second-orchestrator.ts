// Another orchestrator beside the stack's, which takes over what the stack's can't hold. Entered when a fault needs it. Starts and stops
// that process.
import path from 'node:path';
import { silentReport } from '@sena/local/report/report';
import { inheritedEnvironment } from '@sena/local/stack/inherited-environment';
import { untilHttpReady } from '@sena/local/stack/until-http-ready';
import { superviseProcess } from '@sena/local/supervisor/supervise-process';
import { freePort } from '@sena/testing/free-port';

export interface SecondOrchestrator {
  /** Its runs are given back. Safe to call again. */
  stop(): Promise<void>;
}

/** `environment`: as the stack's, with lines of its own to the database and the queue. */
export async function startSecondOrchestrator(
  environment: Record<string, string>,
  onLine: (line: string) => void,
): Promise<SecondOrchestrator> {
  const port = await freePort();
  const orchestrator = superviseProcess(
    {
      name: 'orchestrator-2',
      command: () => [process.execPath, path.resolve('services', 'orchestrator', 'src', 'main.ts')],
      cwd: process.cwd(),
      env: {
        ...inheritedEnvironment(process.env),
        ...{ HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info' },
        ...environment,
      },
      untilReady: ({ signal }) => untilHttpReady(`http://127.0.0.1:${port}/readyz`, signal),
    },
    { report: silentReport(onLine), table: null },
  );
  try {
    await orchestrator.whenReady();
  } catch (error) {
    await orchestrator.stop();
    throw error;
  }
  return { stop: () => orchestrator.stop() };
}
