// The nodes of a step as they are now, with the satellite that each is reached through. Reads only.

import type { TenantTransaction } from '@sena/db/tenant';
import { assignSatellites } from '@sena/fleet/assign-satellites';
import { readNodes } from '@sena/fleet/read-nodes';
import type { DispatchNode } from '@sena/runs/write-dispatches';

export interface Target extends DispatchNode {
  /** null: no satellite is enrolled at its site. */
  readonly satelliteId: string | null;
}

/** Nodes that were deleted meanwhile are left out. Sorted by node id. */
export async function readTargets(transaction: TenantTransaction, nodeIds: readonly string[]): Promise<Target[]> {
  const nodes = await readNodes(transaction, nodeIds);
  const satelliteOf = await assignSatellites(transaction, nodes);
  return nodes
    .map((node) => ({
      nodeId: node.id,
      name: node.name,
      address: node.address,
      port: node.port,
      hostKey: node.hostKey,
      runAs: node.runAs,
      credential: node.credential,
      satelliteId: satelliteOf.get(node.id) ?? null,
    }))
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}
