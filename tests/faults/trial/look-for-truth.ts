// What is true of a trial's command on one node, past SENA. Entered by the oracles. Removes copies that nobody will compare again.
import type { LaneNode } from '../world/start-lane.ts';
import type { CommandKind } from './command-kinds.ts';
import type { Claim, NodeTruth } from './judge-node.ts';

export async function lookForTruth(
  node: LaneNode,
  kind: CommandKind,
  mark: string,
  { execution, stdout, stderr }: Claim,
): Promise<NodeTruth> {
  const { command, outcome } = execution;
  // Of what is told as cut, the part that is told.
  const part = (stored: Buffer | null, isCut: boolean) => (isCut ? `head -c ${stored?.length ?? 0}` : 'cat');
  const partOf = {
    out: part(stdout, execution.stdoutTruncated),
    err: part(stderr, execution.stderrTruncated),
  };
  if (kind.isReading) {
    const said = await node.look(`(${command}) | ${partOf.out} | sha256sum`);
    return { effects: 0, stdoutSha256: said.slice(0, 64), stderrSha256: null };
  }
  const copy = (name: 'out' | 'err') =>
    `[ -e /srv/${name}-${mark} ] && ${partOf[name]} /srv/${name}-${mark} | sha256sum || echo -`;
  const forget = outcome === 'unknown' ? '' : `; rm -f /srv/out-${mark} /srv/err-${mark}`;
  const said = await node.look(`grep -c "^${mark} " /srv/effects; ${copy('out')}; ${copy('err')}${forget}`);
  const [count = '0', out = '-', err = '-'] = said.split('\n');
  const sha = (line: string) => (line.startsWith('-') ? null : line.slice(0, 64));
  return { effects: Number(count), stdoutSha256: sha(out), stderrSha256: sha(err) };
}
