// Enrols and starts many satellites, in a few processes. Entered by benchmarks of size.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueJoinToken } from './join-satellite.ts';
import type { Stage } from './open-stage.ts';
import { type Child, startChild } from './start-child.ts';

const connectMs = 120_000;

export interface SatellitePlace {
  readonly name: string;
  readonly siteId: string;
}

/** Resolves when all are connected. `config`: satellite.json of each. */
export async function startSatellites(
  stage: Stage,
  places: readonly SatellitePlace[],
  options: { processes: number; config: object; nodeOptions?: readonly string[] },
): Promise<Child[]> {
  const parent = path.join(stage.directory, 'satellites');
  await mkdir(parent, { mode: 0o700 });
  const satellites: Array<{ name: string; configFile: string; token: string; pin: string }> = [];
  for (const { name, siteId } of places) {
    const { token, dispatchKeyFingerprint: pin } = await issueJoinToken(stage, siteId);
    const configFile = path.join(parent, `${name}.json`);
    await writeFile(configFile, JSON.stringify(options.config), { mode: 0o600 });
    satellites.push({ name, configFile, token, pin });
  }
  const entry = path.join(import.meta.dirname, 'satellites-main.ts');
  const children = Array.from({ length: options.processes }, (_, index) => {
    const child = startChild(entry, options.nodeOptions, path.join(parent, `log-${index}`));
    child.tell({
      url: stage.stack.frontUrl,
      satellites: satellites.filter((__, place) => place % options.processes === index),
    });
    return child;
  });
  await Promise.all(children.map((child) => child.next()));
  const deadlineMs = performance.now() + connectMs;
  for (;;) {
    const found = await stage.admin.query('select 1 from satellites where relay_id is not null');
    if ((found.rowCount ?? 0) >= places.length) return children;
    if (performance.now() > deadlineMs)
      throw new Error(`Only ${found.rowCount} of ${places.length} satellites have connected.`);
    await sleep(100);
  }
}
