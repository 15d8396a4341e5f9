// BullMQ on PostgreSQL, in the schema `bullmq` that the role of the URL owns. One pool for everything in the process.
// Applies BullMQ's own migrations when it opens.
import { Socket } from 'node:net';
import { createPostgresBackend, runMigrations, withBackend } from 'bullmq';
import pg from 'pg';
import { answerWithin } from './answer-within.ts';
import type { QueueBackend } from './queue-backend.ts';

const schema = 'bullmq';
const connectTimeoutMs = 5_000;
const pingTimeoutMs = 2_000;
const partingMs = 3_000;
/** Each worker keeps one connection for LISTEN; the rest serves short queries. */
const connectionsMax = 10;

/** `silentMsMax`: longer than any statement lasts. */
export async function openPostgresBackend(
  url: string,
  onLost: (error: Error) => void,
  silentMsMax = 35_000,
): Promise<QueueBackend> {
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString: url,
    // As pg makes one itself, and kept at hand for `giveUp`.
    stream: () => {
      const socket = new Socket();
      sockets.add(socket.once('close', () => sockets.delete(socket)));
      return socket;
    },
    // A job that is lost with the server's last moment is rung for again: nobody waits for the disk for a doorbell.
    options: `-c search_path=${schema} -c synchronous_commit=off`,
    application_name: 'sena-queue',
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: 30_000,
    // Of a connection that is half-open the server can't end anything: it is given up here, with its query. The pool drops it then, since
    // BullMQ asks through `pool.query`.
    query_timeout: silentMsMax,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // As in openPool: a new connection plans every function anew.
    idleTimeoutMillis: 300_000,
  });
  pool.setMaxListeners(100); // every queue and every worker on the pool listens for its errors
  pool.on('error', onLost); // an idle connection was cut; the pool replaces it
  // One that BullMQ holds, while it asks nothing: its next query fails. Without a listener the process would end.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const giveUp = () => {
    for (const socket of sockets) socket.destroy(new Error('The queue closes, and PostgreSQL did not answer in time.'));
  };
  try {
    await migrate(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }

  const { Queue, Worker } = withBackend(createPostgresBackend);
  return {
    createProducer: (queue, options) => new Queue(queue, { ...options, connection: pool }),
    createWorker: (queue, processor, options) => new Worker(queue, processor, { ...options, connection: pool }),
    ping: () => answerWithin('PostgreSQL', pingTimeoutMs, pool.query('select 1')),
    giveUp,
    close: async () => {
      // Orderly, and without the server where that says nothing.
      const timer = setTimeout(giveUp, partingMs);
      await pool.end().finally(() => clearTimeout(timer));
    },
  };
}

/** All migrations run in one session and one transaction, behind BullMQ's advisory lock. */
async function migrate(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(
      {
        // The schema exists, and its owner may not create others: PostgreSQL refuses even "if not exists".
        query: async <R>(text: string, values?: readonly unknown[]) => {
          if (text.startsWith('CREATE SCHEMA IF NOT EXISTS')) return { rows: [] };
          const { rows } = await client.query(text, values && [...values]);
          return { rows: rows as R[] };
        },
      },
      schema,
    );
  } finally {
    client.release();
  }
}
