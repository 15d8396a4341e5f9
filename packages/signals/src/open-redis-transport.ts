// Redis pub/sub. One connection subscribes for the whole process, another publishes.
import { Redis, type RedisOptions } from 'ioredis';
import { reconnectDelayMs, type SignalTransport, type TransportEvents } from './signal-transport.ts';

const aliveEveryMs = 15_000;

const options: RedisOptions = {
  connectTimeout: 5_000,
  commandTimeout: 5_000,
  keepAlive: 10_000,
  // A command that is not answered fails by itself; a connection that answers none is made anew.
  socketTimeout: 10_000,
  retryStrategy: reconnectDelayMs,
  // A command that finds no connection fails at once: rings may be lost, and subscriptions are made anew by us.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  lazyConnect: true,
};

/** Rejects when the first connection can't be made. */
export async function openRedisTransport(url: string, events: TransportEvents): Promise<SignalTransport> {
  const publishing = new Redis(url, options);
  const subscribing = new Redis(url, options);
  let closed = false;

  let reason = new Error('Redis closed the connection');
  subscribing.on('error', (error: Error) => {
    reason = error;
  });
  subscribing.on('close', () => closed || events.lost(reason));
  subscribing.on('ready', () => events.connected());
  subscribing.on('message', (channel: string, payload: string) => events.message(channel, payload));
  publishing.on('error', () => undefined); // each ring that fails tells it

  // It only listens: whether somebody is still there it learns by asking. Without an answer its socket is closed, and it connects again.
  const alive = setInterval(() => {
    if (subscribing.status === 'ready') subscribing.ping().catch(() => undefined);
  }, aliveEveryMs);

  try {
    await Promise.all([publishing.connect(), subscribing.connect()]);
  } catch (error) {
    closed = true;
    clearInterval(alive);
    publishing.disconnect();
    subscribing.disconnect();
    throw reason.message === 'Redis closed the connection' ? error : reason;
  }

  return {
    publish: async (messages) => {
      await Promise.all(messages.map(({ channel, payload }) => publishing.publish(channel, payload)));
    },
    change: async (subscribe, unsubscribe) => {
      try {
        if (subscribe.length > 0) await subscribing.subscribe(...subscribe);
        if (unsubscribe.length > 0) await subscribing.unsubscribe(...unsubscribe);
      } catch (error) {
        subscribing.disconnect(true);
        throw error;
      }
    },
    close: async () => {
      closed = true;
      clearInterval(alive);
      publishing.disconnect();
      subscribing.disconnect();
    },
  };
}
