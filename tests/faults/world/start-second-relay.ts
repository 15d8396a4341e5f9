// Another relay beside the stack's, for satellites that move from one to the other. Entered when a fault needs it, once a world.
// Starts and stops that process.
import path from 'node:path';
import { silentReport } from '@sena/local/report/report';
import { inheritedEnvironment } from '@sena/local/stack/inherited-environment';
import { untilHttpReady } from '@sena/local/stack/until-http-ready';
import { superviseProcess } from '@sena/local/supervisor/supervise-process';
import { freePort } from '@sena/testing/free-port';

export const secondRelayId = 'relay-2';

export interface SecondRelay {
  readonly tunnelUrl: string;
  stop(): Promise<void>;
}

/** `environment`: where its database and its queue are. */
export async function startSecondRelay(
  environment: Record<string, string>,
  onLine: (line: string) => void,
): Promise<SecondRelay> {
  const port = await freePort();
  const relay = superviseProcess(
    {
      name: secondRelayId,
      command: () => [process.execPath, path.resolve('services', 'relay', 'src', 'main.ts')],
      cwd: process.cwd(),
      env: {
        ...inheritedEnvironment(process.env),
        ...{ HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info', RELAY_ID: secondRelayId },
        ...environment,
      },
      untilReady: ({ signal }) => untilHttpReady(`http://127.0.0.1:${port}/readyz`, signal),
    },
    { report: silentReport(onLine), table: null },
  );
  await relay.whenReady();
  return { tunnelUrl: `ws://127.0.0.1:${port}/v1/tunnel`, stop: () => relay.stop() };
}
