// Where the queue lives. Entered by services' env.ts with what they parsed. Pure.

export type QueueConnection =
  /** The role `sena_queue`, which owns the schema `bullmq`. */
  { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'redis'; readonly url: string };

/** Redis when `REDIS_URL` is set, otherwise PostgreSQL; throws a sentence for the operator when neither is. */
export function queueConnectionFrom(environment: {
  REDIS_URL?: string | undefined;
  QUEUE_DATABASE_URL?: string | undefined;
}): QueueConnection {
  if (environment.REDIS_URL) return { kind: 'redis', url: environment.REDIS_URL };
  if (environment.QUEUE_DATABASE_URL) return { kind: 'postgres', url: environment.QUEUE_DATABASE_URL };
  throw new Error('There is no queue. Set QUEUE_DATABASE_URL (PostgreSQL) or REDIS_URL (Redis).');
}
