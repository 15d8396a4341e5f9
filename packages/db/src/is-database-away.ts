// Did something fail only because PostgreSQL is away, or the way to it is? Entered with whatever was thrown, by who answers for it. Pure.
import pg from 'pg';

/** What the system says of a connection. */
const systemCodes: ReadonlySet<unknown> = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);

/** What pg says without a code, of a connection that ended or never came about. */
const pgSentence =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired$|Client (?:has encountered a connection error|was closed) and is not queryable)/;

/** Prisma's words for the same. */
const prismaKinds: ReadonlySet<unknown> = new Set(
  'DatabaseNotReachable ConnectionClosed SocketTimeout TooManyConnections'.split(' '),
);

interface PrismaFailure {
  readonly code?: unknown;
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: { kind?: unknown; originalCode?: unknown } } };
}

export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return isServerEnding(error.code);
  // One for each address of a name.
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  const { code, meta } = error as PrismaFailure;
  const ofPrisma = meta?.driverAdapterError?.cause;
  if (prismaKinds.has(ofPrisma?.kind) || isServerEnding(ofPrisma?.originalCode)) return true;
  // Prisma waited in vain for a connection.
  if (code === 'P2028') return error.message.includes('Unable to start a transaction');
  // Of a Unix socket that is not there.
  if (code === 'ENOENT') return (error as NodeJS.ErrnoException).syscall === 'connect';
  return systemCodes.has(code) || pgSentence.test(error.message);
}

/** It ends, starts, takes no more connections, or the connection failed. */
function isServerEnding(code: unknown): boolean {
  return typeof code === 'string' && (/^08/.test(code) || ['57P01', '57P02', '57P03', '53300'].includes(code));
}
