// The OpenAPI document as text, of an app that serves nothing. Entered by write-openapi and by the test that compares.
import type { Logger } from '@sena/telemetry/logger';
import { buildApp } from './app.ts';
import { defaultLimits } from './env.ts';
import type { GatewaySettings, Services } from './services.ts';

const settings: GatewaySettings = {
  publicUrl: 'http://localhost:4700',
  planners: ['runbook'],
  signInProviderNetworks: [],
  trustedProxies: [],
  privateSinkHosts: new Set(),
  limits: defaultLimits,
};

export async function describeApi(logger: Logger): Promise<string> {
  const app = await buildApp(unopened(), logger);
  try {
    return `${JSON.stringify(app.swagger(), null, 2)}\n`;
  } finally {
    await app.close();
  }
}

/** Only handlers use what is opened, and none is called here. */
function unopened(): Services {
  return new Proxy({ settings } as Services, {
    get: (known, name) => {
      if (name in known) return known[name as keyof Services];
      throw new Error(`${String(name)} is not open while the API is only described`);
    },
  });
}
