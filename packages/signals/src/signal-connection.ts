// Where doorbells ring. Entered by services' env.ts with what they parsed. Pure.

export type SignalConnection =
  /** Any role that may connect: NOTIFY reaches all listeners of the same database. */
  { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'redis'; readonly url: string };

/** Redis when `REDIS_URL` is set, otherwise PostgreSQL; throws a sentence for the operator when neither is. */
export function signalConnectionFrom(environment: {
  REDIS_URL?: string | undefined;
  DATABASE_URL?: string | undefined;
}): SignalConnection {
  if (environment.REDIS_URL) return { kind: 'redis', url: environment.REDIS_URL };
  if (environment.DATABASE_URL) return { kind: 'postgres', url: environment.DATABASE_URL };
  throw new Error('There is nowhere to ring. Set DATABASE_URL (PostgreSQL) or REDIS_URL (Redis).');
}
