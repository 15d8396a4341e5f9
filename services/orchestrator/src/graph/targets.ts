// The nodes of a step as they are now, with the satellite that each is reached through. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';
import { assignSatellites } from '@sena/fleet/assign-satellites';
import { readAddresses } from '@sena/fleet/read-addresses';
import type { DispatchNode } from '@sena/runs/dispatch/write-dispatches';

export interface Target extends DispatchNode {
  /** null: no satellite is enrolled at its site. */
  readonly satelliteId: string | null;
}

/** Nodes that were deleted meanwhile are left out. Sorted by node id. */
export async function readTargets(transaction: TenantTransaction, nodeIds: readonly string[]): Promise<Target[]> {
  const addresses = await readAddresses(transaction, nodeIds);
  const satelliteOf = await assignSatellites(
    transaction,
    addresses.map(({ nodeId, siteId }) => ({ id: nodeId, site: { id: siteId } })),
  );
  return addresses
    .map(({ siteId: _, ...node }) => ({ ...node, satelliteId: satelliteOf.get(node.nodeId) ?? null }))
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}
