// Which other nodes the nodes of a question are compared with: they are read by a runbook's comparing commands, never changed and never
// claimed about. Entered by scope. Pure: the same fleet gives the same peers.
import type { ScopedNode } from '../planners/planner.ts';

/** With so many like nodes an oddity shows. */
const likeWanted = 7;
const peersMax = 40;

/** Few, from many sites, like ones first, of the same environment only. None for a kind of which enough are asked already. */
export function choosePeers(asked: readonly ScopedNode[], fleet: readonly ScopedNode[]): ScopedNode[] {
  const taken = new Set(asked.map(({ id }) => id));
  // Who asks about staging does not have production read.
  const environments = new Set(asked.map(environmentOf));
  const others = fleet.filter((node) => !taken.has(node.id) && environments.has(environmentOf(node)));
  const othersByKind = Map.groupBy(others, kindOf);
  const chosen = new Map<string, ScopedNode>();
  for (const [kind, members] of Map.groupBy(asked, kindOf)) {
    const missing = likeWanted - members.length;
    if (missing <= 0) continue;
    for (const peer of acrossSites(othersByKind.get(kind) ?? []).slice(0, missing)) chosen.set(peer.id, peer);
  }
  // Packages are alike across kinds: where there are few like nodes, others tell something too.
  for (const peer of acrossSites(others)) {
    if (asked.length + chosen.size >= likeWanted) break;
    chosen.set(peer.id, peer);
  }
  return [...chosen.values()].slice(0, peersMax);
}

function kindOf({ name, labels }: ScopedNode): string {
  return labels.role ?? name.replace(/\..*$/, '').replace(/[-_]?\d+$/, '');
}

function environmentOf({ labels }: ScopedNode): string {
  return labels.env ?? labels.environment ?? labels.stage ?? '';
}

/** One of each site, then another of each: a whole site that lags behind shows too. */
function acrossSites(nodes: readonly ScopedNode[]): ScopedNode[] {
  const bySite = [...Map.groupBy(nodes, ({ site }) => site).values()];
  const longest = Math.max(0, ...bySite.map((members) => members.length));
  return Array.from({ length: longest }, (_, place) => bySite.flatMap((members) => members[place] ?? [])).flat();
}
