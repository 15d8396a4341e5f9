// What is true of a trial's command on one node, past SENA. Entered by the oracles. Removes copies that nobody will compare again.
import type { Execution } from '@sena/contracts/http/runs';
import type { LaneNode } from '../world/start-lane.ts';
import type { CommandKind } from './command-kinds.ts';
import type { NodeTruth } from './judge-node.ts';

export async function lookForTruth(
  node: LaneNode,
  kind: CommandKind,
  mark: string,
  { command, outcome }: Pick<Execution, 'command' | 'outcome'>,
): Promise<NodeTruth> {
  if (kind.isReading) {
    const said = await node.look(`(${command}) | sha256sum`);
    return { effects: 0, stdoutSha256: said.slice(0, 64), stderrSha256: null };
  }
  const copy = (name: string) => `[ -e /srv/${name}-${mark} ] && sha256sum < /srv/${name}-${mark} || echo -`;
  const forget = outcome === 'unknown' ? '' : `; rm -f /srv/out-${mark} /srv/err-${mark}`;
  const said = await node.look(`grep -c "^${mark} " /srv/effects; ${copy('out')}; ${copy('err')}${forget}`);
  const [count = '0', out = '-', err = '-'] = said.split('\n');
  const sha = (line: string) => (line.startsWith('-') ? null : line.slice(0, 64));
  return { effects: Number(count), stdoutSha256: sha(out), stderrSha256: sha(err) };
}
