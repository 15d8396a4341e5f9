// Keeps a site's satellite running inside the site's network, enrolling it the first time. Entered by bringUp.
// Writes <data>/satellites/<name>.
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Site, satelliteSchema } from '@sena/contracts/http/fleet';
import type { ApiAccess } from '../api/call-api.ts';
import { listAll } from '../api/list-all.ts';
import type { Home } from '../home/open-home.ts';
import { inheritedEnvironment } from '../stack/inherited-environment.ts';
import type { Supervisor } from '../supervisor/open-supervisor.ts';
import type { SupervisedProcess } from '../supervisor/supervise-process.ts';
import { enrolSatellite, readEnrolment, type SatelliteHome } from './enrol-satellite.ts';
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
  const name = findEnrolled(home, site) ?? `sat-${site.name}`;
  const directory = directoryOf(home, name);
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

function directoryOf(home: Home, name: string): string {
  return path.join(home.data, 'satellites', name);
}

/** Whichever of the site ran last: once, each SENA_PORT had its own. */
function findEnrolled(home: Home, site: Site): string | null {
  const satellites = path.join(home.data, 'satellites');
  const names = existsSync(satellites) ? readdirSync(satellites) : [];
  const ofSite = names.filter((name) => readEnrolment({ directory: directoryOf(home, name) })?.siteId === site.id);
  const ranAtMs = (name: string) =>
    statSync(path.join(directoryOf(home, name), 'satellite.state', 'journal.db')).mtimeMs;
  return ofSite.sort((a, b) => ranAtMs(b) - ranAtMs(a))[0] ?? null;
}

async function untilConnected(access: ApiAccess, satelliteId: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const satellites = await listAll(access, '/v1/satellites', satelliteSchema);
    if (satellites.some(({ id, status }) => id === satelliteId && status === 'connected')) return;
    await sleep(pollEveryMs);
  }
}
