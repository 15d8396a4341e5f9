// The bounds of whoever is asking: what handlers hand to whatever reads runs, approvals and nodes. Reads only.
import { scopeOf } from '@sena/auth/abilities';
import { type Member, principalRef } from '@sena/contracts/domain/principal';
import { inOrganization, type NodeCondition } from '@sena/db/tenant';
import { countNodesBySite } from '@sena/fleet/count-nodes-by-site';
import { nodesWithin } from '@sena/fleet/nodes-within';
import type { RunBounds } from '@sena/runs/run/run-within';
import { may } from './permissions.ts';
import type { Services } from './services.ts';

/** null: every run. */
export function runBoundsOf(member: Member): RunBounds | null {
  const nodes = nodesWithin(scopeOf(member, may.read) ?? scopeOf(member, may.run));
  return nodes === null ? null : { nodes, viewer: principalRef(member) };
}

/** null: every approval. */
export function approvalBoundsOf(member: Member): NodeCondition | null {
  return nodesWithin(scopeOf(member, may.readApprovals) ?? scopeOf(member, may.decide));
}

/** The sites that have nodes within the bounds, and how many; null: every site. */
export async function sitesWithin(services: Services, member: Member): Promise<ReadonlyMap<string, number> | null> {
  const nodes = nodesWithin(scopeOf(member, may.readFleet));
  if (nodes === null) return null;
  return inOrganization(services.pool, member.organizationId, (transaction) => countNodesBySite(transaction, nodes));
}
