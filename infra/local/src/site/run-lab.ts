// Runs the lab as a process of its own and knows where its sites are, also after it was started again. Entered by bringUp.
// Writes <data>/lab through that process.
import path from 'node:path';
import { z } from 'zod';
import type { Home } from '../home/open-home.ts';
import { inheritedEnvironment } from '../stack/inherited-environment.ts';
import type { Supervisor } from '../supervisor/open-supervisor.ts';

const siteSchema = z.object({
  name: z.string(),
  hosts: z.array(
    z.object({
      name: z.string(),
      address: z.string(),
      port: z.int(),
      user: z.string(),
      hostKey: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
  ),
  clientKeyPath: z.string(),
  knownHostsPath: z.string(),
  /** Starts a program inside the site's network; empty where the hosts share the machine's. */
  enter: z.array(z.string()),
  /** Where SENA's public address is found from inside the site. */
  uplink: z.object({ host: z.string(), port: z.int() }),
});
/** The part of the lab's LabDescription that is used here. */
const readySchema = z.object({
  ready: z.literal(true),
  kind: z.enum(['openssh', 'simulated']),
  sites: z.array(siteSchema).min(1),
});
export type LabSite = z.infer<typeof siteSchema>;

export type RunningLab = {
  kind: 'openssh' | 'simulated';
  siteNames: string[];
  /** As of its latest start. */
  site(name: string): LabSite;
  /** Called when the lab is back after it had ended: its networks are new ones. */
  onComeback(listener: () => void): void;
};

const readyTimeoutMs = 60_000;

export type LabOptions = {
  home: Home;
  /** What the sites get a way out to. */
  publicUrl: URL;
  /** Where the machine could carry real hosts too. */
  isSimulated: boolean;
};

/** Resolves when every host answers. */
export async function runLab(
  { home, publicUrl, isSimulated }: LabOptions,
  supervisor: Supervisor,
): Promise<RunningLab> {
  const startedAtMs = performance.now();
  const listeners: Array<() => void> = [];
  let ready: z.infer<typeof readySchema> | null = null;
  const lab = supervisor.supervise('lab', {
    name: 'lab',
    command: () => [
      process.execPath,
      path.join(home.checkout, 'packages', 'lab', 'src', 'main.ts'),
      ...['--state', path.join(home.data, 'lab')],
      ...['--uplink-port', publicUrl.port],
      ...(isSimulated ? ['--kind', 'simulated'] : []),
    ],
    cwd: home.checkout,
    env: inheritedEnvironment(process.env),
    stopTimeoutMs: 10_000,
    readyTimeoutMs,
    isShown: (line) => !isDescription(line),
    untilReady: ({ onLine }) =>
      new Promise((resolve, reject) => {
        onLine((line) => {
          if (!isDescription(line)) return;
          const parsed = readySchema.safeParse(JSON.parse(line));
          if (!parsed.success)
            return reject(new Error(`it said something else than expected: ${parsed.error.message}`));
          const isComeback = ready !== null;
          ready = parsed.data;
          resolve();
          if (isComeback) for (const listener of listeners) listener();
        });
      }),
  });
  await lab.whenReady();
  const current = () => {
    if (ready === null) throw new Error('The lab is not up.');
    return ready;
  };
  const hostCount = current().sites.reduce((count, site) => count + site.hosts.length, 0);
  supervisor.report.done(`the lab is ready: ${hostCount} hosts in ${current().sites.length} sites`, startedAtMs);
  return {
    kind: current().kind,
    siteNames: current().sites.map((site) => site.name),
    site(name) {
      const site = current().sites.find((each) => each.name === name);
      if (site === undefined) throw new Error(`The lab has no site ${name}.`);
      return site;
    },
    onComeback: (listener) => listeners.push(listener),
  };
}

function isDescription(line: string): boolean {
  return line.startsWith('{"ready"');
}
