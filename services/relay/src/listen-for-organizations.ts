// Listens to the doorbells of exactly those organizations that have a satellite here. Holds subscriptions only.
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';

export interface OrganizationDoorbells {
  /** One more satellite of this organization. Resolves when its doorbells are heard. */
  hold(organizationId: string): Promise<void>;
  release(organizationId: string): void;
  stop(): Promise<void>;
}

interface Listening {
  satellites: number;
  heard: Promise<Array<() => Promise<void>>>;
}

export function listenForOrganizations(
  signals: Signals,
  logger: Logger,
  on: {
    dispatchReady(): void;
    satelliteRevoked(): Promise<void>;
    keysChanged(): void;
    siteShares(organizationId: string, siteId: string): void;
    runCancelled(organizationId: string, runId: string): Promise<void>;
    gap(): Promise<void>;
  },
): OrganizationDoorbells {
  const listening = new Map<string, Listening>();

  function listen(organizationId: string): Promise<Array<() => Promise<void>>> {
    return Promise.all([
      signals.listen(organizationId, 'dispatchReady', on.dispatchReady, { onGap: on.gap }),
      signals.listen(organizationId, 'satelliteRevoked', on.satelliteRevoked),
      signals.listen(organizationId, 'keysChanged', on.keysChanged),
      signals.listen(organizationId, 'siteShares', ({ siteId }) => on.siteShares(organizationId, siteId)),
      signals.listen(organizationId, 'runCancelled', ({ runId }) => on.runCancelled(organizationId, runId)),
    ]);
  }

  async function stopListening(entry: Listening): Promise<void> {
    for (const stop of await entry.heard) await stop();
  }

  return {
    async hold(organizationId) {
      const entry = listening.get(organizationId) ?? { satellites: 0, heard: listen(organizationId) };
      listening.set(organizationId, entry);
      entry.satellites += 1;
      await entry.heard;
    },
    release(organizationId) {
      const entry = listening.get(organizationId);
      if (entry === undefined) return;
      entry.satellites -= 1;
      if (entry.satellites > 0) return;
      listening.delete(organizationId);
      stopListening(entry).catch((error: unknown) =>
        logger.warn({ err: error, organizationId }, 'doorbells could not be left'),
      );
    },
    async stop() {
      for (const entry of listening.values()) await stopListening(entry);
      listening.clear();
    },
  };
}
