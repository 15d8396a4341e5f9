// LISTEN / NOTIFY. One connection listens for the whole process, a small pool rings.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { reconnectDelayMs, type SignalTransport, type TransportEvents } from './signal-transport.ts';

const connectTimeoutMs = 5_000;

/** Rejects when the first connection can't be made. `aliveEveryMs`: how often the one that listens asks whether its server is there. */
export async function openPostgresTransport(
  url: string,
  events: TransportEvents,
  { queryTimeoutMs = 5_000, aliveEveryMs = 15_000 } = {},
): Promise<SignalTransport> {
  const settings: pg.ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    application_name: 'sena-signals',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
  const ringing = new pg.Pool({ ...settings, max: 2 });
  ringing.on('error', () => undefined); // an idle connection was cut: the pool makes a new one for the next ring

  let closed = false;
  let listening: pg.Client | null = null;
  let stopAsking: () => void = () => undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client(settings);
    client.on('notification', ({ channel, payload }) => events.message(channel, payload ?? ''));
    let reason = new Error('PostgreSQL closed the connection');
    client.on('error', (error) => {
      reason = error;
    });
    client.on('end', () => giveUp(client, reason));
    await client.connect();
    listening = client;
    // It only listens: whether the server is still there it learns by asking.
    const alive = setInterval(
      () => client.query('select 1').catch((error) => drop(client, asError(error))),
      aliveEveryMs,
    );
    stopAsking = () => clearInterval(alive);
    events.connected();
  }

  function drop(client: pg.Client, reason: Error): void {
    giveUp(client, reason);
    client.end().catch(() => undefined); // it may be dead already
  }

  function giveUp(client: pg.Client, reason: Error): void {
    if (closed || listening !== client) return;
    listening = null;
    stopAsking();
    events.lost(reason);
    void reconnect();
  }

  async function reconnect(): Promise<void> {
    for (let attempt = 0; !closed; attempt++) {
      await sleep(reconnectDelayMs(attempt));
      if (closed) return;
      try {
        await connect();
        return;
      } catch (error) {
        events.lost(asError(error));
      }
    }
  }

  await connect();
  return {
    publish: async (messages) => {
      const channels = messages.map((message) => message.channel);
      const payloads = messages.map((message) => message.payload);
      await ringing.query('select pg_notify(c, p) from unnest($1::text[], $2::text[]) as rings (c, p)', [
        channels,
        payloads,
      ]);
    },
    change: async (subscribe, unsubscribe) => {
      const client = listening;
      if (client === null) throw new Error('The connection to PostgreSQL is lost.');
      const statements = [
        ...subscribe.map((channel) => `listen ${pg.escapeIdentifier(channel)}`),
        ...unsubscribe.map((channel) => `unlisten ${pg.escapeIdentifier(channel)}`),
      ];
      try {
        await client.query(statements.join(';'));
      } catch (error) {
        drop(client, asError(error));
        throw error;
      }
    },
    close: async () => {
      closed = true;
      await Promise.all([ringing.end(), listening?.end()]);
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
