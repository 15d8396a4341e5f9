// An envelope that the real signer has signed for a satellite that is away: nobody else may have it run. Entered by attack-as-superuser. Writes a run
// and its dispatch, as a superuser can.
import { executionIdFor, newId } from '@sena/contracts/ids';
import { eventually } from '@sena/testing/eventually';
import type { Asked } from './draft.ts';
import type { Stage } from './open-stage.ts';

export interface SignedEnvelope {
  readonly keyId: string;
  readonly jws: string;
}

/** `organizationId`: of the satellite that is away, and whose key signs. */
export async function signForAbsent(
  { superuser, ring }: Stage,
  organizationId: string,
  { action }: Asked,
): Promise<SignedEnvelope> {
  const [node] = action.commands[0]?.nodes ?? [];
  if (node === undefined) throw new Error('an action has a node');
  const [runId, dispatchId] = [newId('run'), newId('disp')];
  await superuser.query(
    `insert into runs (id, organization_id, kind, status, command, selector, requested_by, requested_by_name)
     values ($1, $2, 'command', 'running', 'uptime', '*', 'member:x', 'x')`,
    [runId, organizationId],
  );
  await superuser.query(
    `insert into dispatches (id, organization_id, run_id, step, satellite_id, shell, command, command_sha256, limits, read_only, expires_at, total, pending)
     select $1, $2, $3, 'command', id, 'sh', 'uptime', 'x', '{"timeoutMs":60000,"outputBytesMax":4096}', true, now() + interval '10 minutes', 1, 1
     from satellites where organization_id = $2 and fingerprint = id`,
    [dispatchId, organizationId, runId],
  );
  await superuser.query(
    `insert into executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, host_key, run_as, credential)
     values ($1, $2, $3, $4, 'command', $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[executionIdFor(runId, 'command', node.nodeId), organizationId, runId, dispatchId, node.nodeId, node.name],
      ...[node.address, node.port, node.hostKey, node.runAs, node.credential],
    ],
  );
  await ring('signDispatches', runId);
  return eventually('the signer has signed for a satellite that is away', async () => {
    const { rows } = await superuser.query<{ key_id: string; jws: string }>(
      'select key_id, jws from dispatch_envelopes where dispatch_id = $1',
      [dispatchId],
    );
    const [row] = rows;
    return row === undefined ? null : { keyId: row.key_id, jws: row.jws };
  });
}
