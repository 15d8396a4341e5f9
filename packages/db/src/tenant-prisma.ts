// One organization's view of the database, through Prisma: for lists and forms.
// Every operation runs in a transaction with the organization set; row-level security does the rest.
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from './generated/client.ts';

/** For a connection of the pool, on a busy machine; Prisma's own 2 s turn a short queue into failures. */
const connectionWaitMs = 10_000;
const transactionMs = 15_000;

export type TenantPrisma = ReturnType<typeof scopeTo>;

/** One a process. `scopeTo` then gives each request its own view; there is no unscoped one. */
export function openPrisma(pool: pg.Pool): {
  forOrganization(organizationId: string): TenantPrisma;
  close(): Promise<void>;
} {
  const client = new PrismaClient({
    adapter: new PrismaPg(pool, { schema: 'sena', disposeExternalPool: false }),
    transactionOptions: { maxWait: connectionWaitMs, timeout: transactionMs },
  });
  return {
    forOrganization: (organizationId) => scopeTo(client, organizationId),
    close: () => client.$disconnect(),
  };
}

function scopeTo(client: PrismaClient, organizationId: string) {
  if (organizationId === '') throw new Error('forOrganization was called without an organization');
  return client.$extends({
    query: {
      $allModels: {
        async $allOperations({ args, query }) {
          const [, result] = await client.$transaction([
            client.$executeRaw`select set_config('sena.organization_id', ${organizationId}, true)`,
            query(args),
          ]);
          return result;
        },
      },
    },
  });
}
