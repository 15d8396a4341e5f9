// Many satellites in one process, each the product's own, with its own identity, journal and tunnel: a benchmark's machine has no
// room for a hundred processes. Started by start-satellites; ends with its parent.

import { loadSatelliteConfig } from '@sena/satellite/config/satellite-config';
import { enrolSatellite } from '@sena/satellite/enrol/enrol-satellite';
import { startSatellite } from '@sena/satellite/start-satellite';
import { createLogger } from '@sena/telemetry/logger';

export interface SatellitesSettings {
  readonly url: string;
  readonly satellites: ReadonlyArray<{ name: string; configFile: string; token: string; pin: string }>;
}

process.on('disconnect', () => process.exit(0));
process.once('message', (settings: SatellitesSettings) => {
  startAll(settings).then(
    () => process.send?.('started'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function startAll({ url, satellites }: SatellitesSettings): Promise<void> {
  for (const { name, configFile, token, pin } of satellites) {
    await enrolSatellite({
      ...{ url, token, name, configFile, pins: [pin], version: '0.0.0', credentials: {} },
      ...{ stateDirectory: undefined, knownHostsFile: undefined, caFile: undefined, proxy: undefined },
    });
    const { ended } = await startSatellite(
      loadSatelliteConfig(configFile),
      createLogger('satellite', 'info').child({ name }),
    );
    ended.catch((error: unknown) => {
      console.error(name, error);
      process.exit(1);
    });
  }
}
