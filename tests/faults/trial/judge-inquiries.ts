// The oracle for what one satellite of a site was asked about the work of the other: a guarded command may stay unknown only where nobody was told
// the boot under which it began. Entered when a run has ended. Reads the inquiries as they were signed.
import type { World } from '../world/start-world.ts';
import type { NodeResult } from './trial-result.ts';

/** Returns what is wrong, a sentence each. */
export async function judgeInquiries(nodes: readonly NodeResult[], world: World): Promise<string[]> {
  const unknown = nodes.filter(({ mode, outcome, reason }) => {
    return mode === 'guarded' && outcome === 'unknown' && reason === 'satellite_lost';
  });
  const judged = await Promise.all(
    unknown.map(async ({ node, executionId }) => {
      const rows = await world.query<{ jws: string }>(
        `select i.jws from sena.inquiries i join sena.executions e using (dispatch_id) where e.id = $1 and i.jws is not null`,
        [executionId],
      );
      if (rows.length === 0) return [`${node}: unknown (satellite_lost), and nobody was asked`];
      return rows.every(({ jws }) => saysBootOf(executionId, jws))
        ? [`${node}: unknown (satellite_lost), though the one that was asked was told the boot under which it began`]
        : [];
    }),
  );
  return judged.flat();
}

function saysBootOf(executionId: string, jws: string): boolean {
  const payload = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString();
  const { nodes } = JSON.parse(payload) as { nodes: Array<{ executionId: string; bootId: string | null }> };
  return nodes.some((node) => node.executionId === executionId && node.bootId !== null);
}
