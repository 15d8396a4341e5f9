// The process that holds simulated hosts, many of them. Started by start-simulated-hosts; ends with its parent.
import { type SimulatedHost, type SimulatedHostOptions, serveSimulatedHost } from './serve-simulated-host.ts';

export type SimulatedRequest =
  | { kind: 'start'; id: number; hosts: SimulatedHostOptions[] }
  | { kind: 'reboot' | 'stop' | 'log'; id: number; host: number }
  | { kind: 'link'; id: number; host: number; state: 'up' | 'down' };
export type SimulatedAnswer =
  | { kind: 'done'; id: number; ports: number[]; log: string }
  | { kind: 'failed'; id: number; message: string };

const hosts: SimulatedHost[] = [];

process.on('disconnect', () => process.exit(0));
process.on('message', (request: SimulatedRequest) => {
  obey(request).then(
    (log) => answer({ kind: 'done', id: request.id, ports: hosts.map((host) => host.port), log }),
    (error: unknown) =>
      answer({ kind: 'failed', id: request.id, message: error instanceof Error ? error.message : String(error) }),
  );
});

async function obey(request: SimulatedRequest): Promise<string> {
  if (request.kind === 'start') {
    for (const host of request.hosts) hosts.push(await serveSimulatedHost(host));
    return '';
  }
  const host = hosts[request.host];
  if (!host) throw new Error(`No host ${request.host}`);
  switch (request.kind) {
    case 'reboot':
      host.reboot();
      return '';
    case 'stop':
      host.stop();
      return '';
    case 'link':
      host.setLink(request.state);
      return '';
    case 'log':
      return host.log();
    default:
      return request satisfies never;
  }
}

function answer(message: SimulatedAnswer): void {
  process.send?.(message);
}
