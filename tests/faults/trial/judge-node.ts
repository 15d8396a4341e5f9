// The oracle: what SENA says of one command on one node, against what is true there. Pure.
import { createHash } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import type { Mode } from '../cells.ts';
import type { Allowed } from './allow-outcomes.ts';
import type { CommandKind } from './command-kinds.ts';

export interface NodeTruth {
  /** Lines with the run's mark in the node's effects. */
  readonly effects: number;
  /** Of the copies that the command kept there, or of that part which SENA tells where it tells a part; null: there is none. */
  readonly stdoutSha256: string | null;
  readonly stderrSha256: string | null;
}

export interface Claim {
  readonly execution: Execution;
  /** What SENA has stored; read only of what has exited. */
  readonly stdout: Buffer | null;
  readonly stderr: Buffer | null;
}

const nothing = createHash('sha256').digest('hex');
const asterisk = 0x2a;

/** Returns what is wrong, a sentence each. `mode`: how it has to be carried out on this node. */
export function judgeNode(
  kind: CommandKind,
  mode: Mode,
  { execution, stdout, stderr }: Claim,
  truth: NodeTruth,
  allowed: Allowed,
): string[] {
  const wrong: string[] = [];
  const { outcome, reason, detail } = execution;
  const isChange = mode !== 'direct';
  if (isChange && truth.effects > 1) wrong.push(`ran ${truth.effects} times`);
  // null: nothing began, or nobody knows.
  if (execution.mode !== mode && (outcome === 'exited' || execution.mode !== null))
    wrong.push(`carried out as ${execution.mode}, on a node where it is ${mode}`);
  switch (outcome) {
    case null:
      wrong.push('the run has ended, this has no outcome');
      break;
    case 'not_started':
      if (isChange && truth.effects > 0) wrong.push(`not_started (${reason}), but it ran`);
      else if (!allowed.notStarted.has(reason ?? ''))
        wrong.push(`not_started (${reason}: ${detail}), where nothing kept it from running`);
      break;
    case 'unknown':
      if (allowed.unknown === null) wrong.push(`unknown (${reason}: ${detail}), where it can be known`);
      else if (!allowed.unknown.reasons.has(reason ?? ''))
        wrong.push(`unknown (${reason}: ${detail}), which is not why: ${allowed.unknown.why}`);
      break;
    case 'exited': {
      if (isChange && truth.effects === 0) wrong.push('exited, but it never ran');
      const isOutOfTime = reason === 'timeout';
      if (!isOutOfTime && !kind.endsLike(execution)) {
        wrong.push(`exited with ${execution.exitCode ?? execution.signal}, which it never does`);
      }
      // What a killed command had printed and nobody had read is nobody's to compare; a guard has all of it on disk.
      if (isOutOfTime && mode !== 'guarded') break;
      if ((execution.stdoutTruncated || execution.stderrTruncated) && !allowed.cutOutput)
        wrong.push('its output was truncated');
      const streams = [
        ['output', stdout, truth.stdoutSha256, execution.redaction?.stdout],
        ['error output', stderr, truth.stderrSha256, execution.redaction?.stderr],
      ] as const;
      for (const [name, stored, expected, redaction] of streams) {
        const sha = stored === null ? null : createHash('sha256').update(stored).digest('hex');
        // Random bytes may look like a secret. Then the hash of what was printed is told, and which bytes of it are asterisks.
        const told = redaction?.rawSha256 ?? sha;
        if (told !== (expected ?? nothing))
          wrong.push(`its stored ${name} (${stored?.length} bytes) is not what it printed`);
        for (const { start, end } of redaction?.spans ?? [])
          if (stored?.subarray(start, end).some((byte) => byte !== asterisk))
            wrong.push(`its ${name} is told as masked from ${start} to ${end}, and is not`);
      }
      break;
    }
  }
  return wrong;
}
