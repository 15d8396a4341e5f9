// One organization's view of the database, through pg: for runs, dispatches, outcomes, output and audit.
// Every query here runs in a transaction with the organization set; row-level security does the rest.
import pg from 'pg';
import { boundSilence } from './bound-silence.ts';
import { parseByteArrays } from './parse-byte-arrays.ts';
import { writeArray } from './write-arrays.ts';

/** A transaction of one organization. Only `inOrganization` makes one, so whoever holds it is scoped. */
export interface TenantTransaction {
  readonly organizationId: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<pg.QueryResult<Row>>;
}

export type Pool = pg.Pool;

/** A condition on the nodes `n` and sites `s` of a query, whose parameters it adds to `values`. Never null in SQL. */
export type NodeCondition = (values: unknown[]) => string;

const idleMs = 300_000;

/**
 * `max` connections; a query waits at most 10 s for one. `url` may name a Unix socket (`?host=/directory`). A transaction of a
 * process that says nothing more ends after `idleInTransactionMs`; a server that says nothing more is given up after `silentMsMax`.
 */
export function openPool(
  url: string,
  options: {
    max: number;
    applicationName: string;
    onError: (error: Error) => void;
    idleInTransactionMs?: number;
    silentMsMax?: number;
  },
): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 60_000,
    // A new connection has to plan every function anew, which takes longer than most of them run.
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  });
  boundSilence(pool, options.silentMsMax ?? 70_000);
  // A connection that breaks (a restarted server) must not end the process; the next query opens another. The pool hears of idle
  // ones only: one that is in use fails its query and tells its own listeners besides.
  pool.on('error', options.onError);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const byteaArray = 1001;

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === byteaArray && format !== 'binary' ? parseByteArrays : pg.types.getTypeParser(oid, format as 'text');

/** Runs `work` in a transaction that sees this organization only. Rolls back and rethrows what `work` throws. */
export async function inOrganization<T>(
  pool: Pool,
  organizationId: string,
  work: (transaction: TenantTransaction) => Promise<T>,
): Promise<T> {
  if (organizationId === '') throw new Error('inOrganization was called without an organization');
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(`select set_config('sena.organization_id', $1, true)`, [organizationId]);
    const result = await work({
      organizationId,
      query: <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
        client.query<Row>(text, values.map(toParameter)),
    });
    await client.query('commit');
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (rollbackError) {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

function toParameter(value: unknown): unknown {
  return Array.isArray(value) ? (writeArray(value) ?? value) : value;
}

/** True for a violated unique constraint, of this name when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}
