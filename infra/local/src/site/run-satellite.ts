// Keeps a site's satellite running inside the site's network, enrolling it the first time. Entered by bringUp.
// Writes <data>/satellites/<name>.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Site, satelliteSchema } from '@sena/contracts/http/fleet';
import type { ApiAccess } from '../api/call-api.ts';
import { listAll } from '../api/list-all.ts';
import { defaultPort } from '../env.ts';
import type { Home } from '../home/open-home.ts';
import { inheritedEnvironment } from '../stack/inherited-environment.ts';
import type { Supervisor } from '../supervisor/open-supervisor.ts';
import type { SupervisedProcess } from '../supervisor/supervise-process.ts';
import { enrolSatellite, type SatelliteHome } from './enrol-satellite.ts';
import type { RunningLab } from './run-lab.ts';

const readyTimeoutMs = 60_000;
const pollEveryMs = 250;

/** Resolves when SENA's API shows the satellite as connected. */
export async function runSatellite(
  home: Home,
  access: ApiAccess,
  site: Site,
  lab: RunningLab,
  supervisor: Supervisor,
): Promise<SupervisedProcess> {
  const startedAtMs = performance.now();
  // An enrolment is for one address: at another SENA_PORT another satellite joins, and this one's journal is kept.
  const { port } = new URL(access.url);
  const name = port === String(defaultPort) ? `sat-${site.name}` : `sat-${site.name}-${port}`;
  const directory = path.join(home.data, 'satellites', name);
  const satellite: SatelliteHome = {
    name,
    program: path.join(home.checkout, 'services', 'satellite', 'src', 'main.ts'),
    directory,
    configFile: path.join(directory, 'satellite.json'),
  };
  const satelliteId = await enrolSatellite(satellite, access, site, lab.site(site.name));
  const process_ = supervisor.supervise('satellite', {
    name: satellite.name,
    command: () => [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      satellite.program,
      ...['run', '--config', satellite.configFile],
    ],
    prefix: () => lab.site(site.name).enter,
    cwd: directory,
    // No secret and no address: it lives from its own directory.
    env: inheritedEnvironment(process.env),
    readyTimeoutMs,
    untilReady: ({ signal }) => untilConnected(access, satelliteId, signal),
  });
  await process_.whenReady();
  supervisor.report.done(`${satellite.name} is connected`, startedAtMs);
  return process_;
}

async function untilConnected(access: ApiAccess, satelliteId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const satellites = await listAll(access, '/v1/satellites', satelliteSchema);
    if (satellites.some(({ id, status }) => id === satelliteId && status === 'connected')) return;
    await sleep(pollEveryMs);
  }
}
