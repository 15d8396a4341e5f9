// Every service that has news for another, or waits for news, enters here. A ring carries ids only, is sent after the
// commit and may be lost: whoever listens also polls slowly.
import { type DoorbellData, type DoorbellName, doorbells } from '@sena/contracts/doorbells';
import { createLogger, type Logger } from '@sena/telemetry/logger';
import { channelName } from './channel-name.ts';
import { keepSubscribed } from './keep-subscribed.ts';
import { openPostgresTransport } from './open-postgres-transport.ts';
import { openRedisTransport } from './open-redis-transport.ts';
import type { SignalConnection } from './signal-connection.ts';
import type { SignalTransport, TransportEvents } from './signal-transport.ts';

export interface Signals {
  /**
   * Resolves when the ring was sent, or was given up: that is logged and never the caller's failure. Identical rings
   * within 4 ms are one.
   */
  ring<N extends DoorbellName>(organizationId: string, doorbell: N, data: DoorbellData<N>): Promise<void>;
  /**
   * Calls `handler` for each ring of this organization until the returned function is called. After a lost connection
   * is back `onGap` is called once: rings may have been missed, poll now. What either of them throws is logged.
   */
  listen<N extends DoorbellName>(
    organizationId: string,
    doorbell: N,
    handler: (data: DoorbellData<N>) => void | Promise<void>,
    options?: { onGap?: () => void | Promise<void> },
  ): Promise<() => Promise<void>>;
  /** Rejects with the reason while the connection that listens is lost. For `/readyz`. */
  ready(): Promise<void>;
  /** Sends what was rung before, then disconnects. */
  close(): Promise<void>;
}

const coalesceMs = 4;

/** Throws a sentence that names the setting to look at when the server can't be reached. */
export async function openSignals(
  connection: SignalConnection,
  { logger = createLogger('signals') }: { logger?: Logger } = {},
): Promise<Signals> {
  let lost: Error | null = null;
  let transport: SignalTransport | null = null;
  const subscriptions = keepSubscribed(
    async (subscribe, unsubscribe) => transport?.change(subscribe, unsubscribe),
    (error) => logger.warn({ err: error }, 'doorbells could not be listened to, it is tried again after a reconnect'),
  );
  transport = await openTransport(connection, {
    message: subscriptions.message,
    connected: () => {
      if (lost !== null) logger.info('doorbells are heard again');
      lost = null;
      subscriptions.connected();
    },
    lost: (error) => {
      if (lost === null) logger.warn({ err: error }, 'doorbells are not heard, the connection was lost');
      lost = error;
      subscriptions.lost();
    },
  });
  const { publish, close } = transport;

  /** What is to be sent with the next batch, by channel and payload. */
  let pending = new Map<string, { channel: string; payload: string }>();
  let sending: Promise<void> | null = null;

  async function sendPending(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, coalesceMs));
    const batch = [...pending.values()];
    pending = new Map();
    sending = null;
    try {
      await publish(batch);
    } catch (error) {
      logger.warn({ err: error, rings: batch.length }, 'doorbells could not be rung, listeners find out by polling');
    }
  }

  return {
    ring: (organizationId, doorbell, data) => {
      const channel = channelName(organizationId, doorbell);
      const valid = doorbells[doorbell].safeParse(data);
      if (!valid.success) {
        logger.error({ err: valid.error, doorbell }, 'a doorbell was rung with the wrong data, it was not sent');
        return Promise.resolve();
      }
      const payload = JSON.stringify(valid.data);
      pending.set(`${channel} ${payload}`, { channel, payload });
      sending ??= sendPending();
      return sending;
    },

    listen: async (organizationId, doorbell, handler, { onGap } = {}) => {
      const channel = channelName(organizationId, doorbell);
      const run = async (when: string, action: () => void | Promise<void>): Promise<void> => {
        try {
          await action();
        } catch (error) {
          logger.error({ err: error, doorbell, organizationId }, `a listener failed ${when}`);
        }
      };
      const listener = {
        heard: (payload: string) =>
          void run('on a ring', () => handler(doorbells[doorbell].parse(JSON.parse(payload)) as never)),
        gap: () => {
          if (onGap) void run('after a gap', onGap);
        },
      };
      await subscriptions.add(channel, listener);
      return () => subscriptions.remove(channel, listener);
    },

    ready: () => (lost === null ? Promise.resolve() : Promise.reject(lost)),

    close: async () => {
      await sending;
      await close();
    },
  };
}

async function openTransport(connection: SignalConnection, events: TransportEvents): Promise<SignalTransport> {
  try {
    switch (connection.kind) {
      case 'postgres':
        return await openPostgresTransport(connection.url, events);
      case 'redis':
        return await openRedisTransport(connection.url, events);
    }
  } catch (cause) {
    const setting = connection.kind === 'postgres' ? 'DATABASE_URL' : 'REDIS_URL';
    throw new Error(`Doorbells can't be opened. Is their server up, and is ${setting} right?`, { cause });
  }
}
