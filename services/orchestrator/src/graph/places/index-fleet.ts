// The fleet as questions name it: by name, address and label, and by how its names are made. Entered by find-named-places. Pure.
import type { ScopedNode } from '../../planners/planner.ts';

export interface Fleet {
  readonly nodes: ReadonlyArray<ScopedNode & { readonly address: string }>;
  /** Names of all sites, those without nodes too. */
  readonly sites: readonly string[];
}

export interface FleetIndex {
  readonly byName: Map<string, ScopedNode[]>;
  readonly byShortName: Map<string, ScopedNode[]>;
  readonly byAddress: Map<string, ScopedNode[]>;
  readonly byLabel: Map<string, Map<string, ScopedNode[]>>;
  readonly nodeStems: Set<string>;
  readonly siteStems: Set<string>;
}

export function indexFleet({ nodes, sites }: Fleet): FleetIndex {
  const byLabel: FleetIndex['byLabel'] = new Map();
  for (const node of nodes) {
    for (const [key, value] of Object.entries(node.labels)) {
      const values = byLabel.get(key.toLowerCase()) ?? new Map<string, ScopedNode[]>();
      const labelled = values.get(value.toLowerCase());
      if (labelled) labelled.push(node);
      else values.set(value.toLowerCase(), [node]);
      byLabel.set(key.toLowerCase(), values);
    }
  }
  return {
    byName: Map.groupBy(nodes, (node) => node.name.toLowerCase()),
    byShortName: Map.groupBy(
      nodes.filter((node) => node.name.includes('.')),
      (node) => shortNameOf(node.name.toLowerCase()),
    ),
    byAddress: Map.groupBy(nodes, (node) => node.address),
    byLabel,
    nodeStems: new Set(nodes.flatMap((node) => stemOf(shortNameOf(node.name.toLowerCase())) ?? [])),
    siteStems: new Set(sites.flatMap((site) => stemOf(site.toLowerCase()) ?? [])),
  };
}

export function shortNameOf(name: string): string {
  return /^[^.]+(?=\.[a-z])/.exec(name)?.[0] ?? name;
}

/** What stands before the number: "web" of web-06 and of web6. null: it does not end with one. */
export function stemOf(name: string): string | null {
  return /^(.*[a-z].*?)[-_]?\d+$/.exec(name)?.[1] ?? null;
}
