// Who asked for a run, in which words, and what thinks for it. Reads only.
import type { ActingKey } from '@sena/contracts/domain/principal';
import type { Planner } from '@sena/contracts/domain/run';
import type { TenantTransaction } from '@sena/db/tenant';
import { requestedKey } from './read-run.ts';

export interface Requester {
  /** As principalRef makes it. */
  readonly ref: string;
  readonly name: string;
  /** As it was when they asked. */
  readonly role: string;
  readonly via: string;
  /** The API key that they asked with. */
  readonly key: ActingKey | null;
  readonly kind: 'ask' | 'command' | 'runbook';
  /** What they wrote, where they asked for a command. */
  readonly command: string | null;
  readonly planner: Planner;
}

/** Throws when there is no such run. */
export async function readRequester(transaction: TenantTransaction, runId: string): Promise<Requester> {
  const found = await transaction.query<Requester>(
    `select requested_by as ref, requested_by_name as name, requested_role as role, requested_via as via, ${requestedKey('r')} as key, kind,
       command, planner
     from runs r where id = $1`,
    [runId],
  );
  const run = found.rows[0];
  if (run === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  return run;
}
