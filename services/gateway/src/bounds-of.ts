// The bounds of whoever is asking: what handlers hand to whatever reads runs, approvals and nodes. Pure.
import { scopeOf } from '@sena/auth/abilities';
import { type Member, principalRef } from '@sena/contracts/domain/principal';
import type { NodeCondition } from '@sena/db/tenant';
import { nodesWithin } from '@sena/fleet/nodes-within';
import type { RunBounds } from '@sena/runs/run-within';
import { may } from './permissions.ts';

/** null: every run. */
export function runBoundsOf(member: Member): RunBounds | null {
  const nodes = nodesWithin(scopeOf(member, may.read) ?? scopeOf(member, may.run));
  return nodes === null ? null : { nodes, viewer: principalRef(member) };
}

/** null: every approval. */
export function approvalBoundsOf(member: Member): NodeCondition | null {
  return nodesWithin(scopeOf(member, may.readApprovals) ?? scopeOf(member, may.decide));
}
