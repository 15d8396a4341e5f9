// From what was seen node by node to findings for a whole fleet: equal claims become one, the worst come first.
// Pure. The number of findings and the length of each are bounded; how much was left out is said.
import type { NodeName, RunbookFinding } from '../runbook.ts';
import { countOf, nameNodes, sortNodes } from './name-nodes.ts';

export interface Sighting {
  node: NodeName;
  executionIds: readonly string[];
  severity: RunbookFinding['severity'];
  /** Worst first within a severity. */
  weight: number;
  /** The claim about this node alone, with numbers and the node's name. No full stop. */
  claim: string;
  /** Sightings with the same key are the same claim. */
  key: string;
  /** The claim they share, completed by "on 40 nodes": "/srv/data is at least 90% full". */
  shared: string;
}

const claimsEachMax = 3;
const findingsMax = 40;
const claimCharactersMax = 2_000;
const severities = ['critical', 'warning', 'info'] as const;

export function groupSightings(sightings: readonly Sighting[]): RunbookFinding[] {
  const groups = new Map<string, Sighting[]>();
  for (const sighting of sightings) {
    const group = groups.get(sighting.key);
    if (group) group.push(sighting);
    else groups.set(sighting.key, [sighting]);
  }
  const findings: Array<RunbookFinding & { weight: number }> = [];
  for (const group of groups.values()) {
    group.sort(worstFirst);
    if (group.length <= claimsEachMax) {
      findings.push(...group.map((sighting) => findingOf(sighting.claim, [sighting])));
    } else {
      const [worst] = group;
      if (worst === undefined) continue;
      const nodes = group.map((sighting) => sighting.node);
      findings.push(
        findingOf(`${worst.shared} on ${countOf(nodes.length, 'node')} (${nameNodes(nodes)}). ${worst.claim}`, group),
      );
    }
  }
  findings.sort(worstFirst);
  return bounded(findings).map(({ weight: _, ...finding }) => finding);
}

function findingOf(claim: string, sightings: readonly Sighting[]): RunbookFinding & { weight: number } {
  const [worst] = [...sightings].sort(worstFirst);
  return {
    claim: claim.length > claimCharactersMax ? `${claim.slice(0, claimCharactersMax - 1)}…` : claim,
    severity: worst?.severity ?? 'info',
    weight: worst?.weight ?? 0,
    nodes: sortNodes(sightings.map((sighting) => sighting.node)),
    executionIds: [...new Set(sightings.flatMap((sighting) => sighting.executionIds))],
  };
}

function bounded(findings: Array<RunbookFinding & { weight: number }>) {
  if (findings.length <= findingsMax) return findings;
  const shown = findings.slice(0, findingsMax - 1);
  const rest = findings.slice(findingsMax - 1);
  const nodes = sortNodes(rest.flatMap((finding) => finding.nodes));
  return [
    ...shown,
    {
      claim: `${countOf(rest.length, 'further finding')} of the same kind, on ${countOf(nodes.length, 'node')} (${nameNodes(nodes)})`,
      severity: rest[0]?.severity ?? 'info',
      weight: 0,
      nodes,
      executionIds: [...new Set(rest.flatMap((finding) => finding.executionIds))],
    },
  ];
}

function worstFirst(
  a: { severity: Sighting['severity']; weight: number },
  b: { severity: Sighting['severity']; weight: number },
): number {
  return severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.weight - a.weight;
}
