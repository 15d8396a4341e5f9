// What is known of a command whose end nobody saw: whether it began, what came of its output, whether more can be found out. Pure.
import type { Execution } from '@sena/contracts/http/runs';
import { formatBytes, formatMoment } from '../time/format-time.ts';

type KnownFacts = Pick<Execution, 'startedAt' | 'stdoutBytes' | 'stderrBytes' | 'mode'>;

export function describeKnown({ startedAt, stdoutBytes, stderrBytes, mode }: KnownFacts): string {
  const bytes = stdoutBytes + stderrBytes;
  return [
    startedAt === null ? 'No start was reported' : `It began ${formatMoment(startedAt)}`,
    bytes === 0 ? 'no output arrived' : `${formatBytes(bytes)} of its output arrived`,
    ...(mode === 'plain' ? ['nothing on the node watched it, so that SENA can find out no more'] : []),
  ]
    .join(', ')
    .concat('.');
}
