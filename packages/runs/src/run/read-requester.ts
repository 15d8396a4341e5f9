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
  const found = await transaction.query<{
    requested_by: string;
    requested_by_name: string;
    requested_role: string;
    requested_via: string;
    requested_key: ActingKey | null;
    kind: Requester['kind'];
    command: string | null;
    planner: Planner;
  }>(
    `select requested_by, requested_by_name, requested_role, requested_via, ${requestedKey('r')} as requested_key, kind, command, planner
     from runs r where id = $1`,
    [runId],
  );
  const run = found.rows[0];
  if (run === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  const { requested_by: ref, requested_by_name: name, requested_role: role, requested_via: via } = run;
  return { ref, name, role, via, key: run.requested_key, kind: run.kind, command: run.command, planner: run.planner };
}
