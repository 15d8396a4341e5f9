// The oracle: what SENA says of one command on one node, against what is true there. Pure.
import { createHash } from 'node:crypto';
import type { Execution } from '@sena/contracts/http/runs';
import type { Mode } from '../cells.ts';
import type { CommandKind } from './command-kinds.ts';

export interface NodeTruth {
  /** Lines with the run's mark in the node's effects. */
  readonly effects: number;
  /** Of the copy that the command kept there; null when there is none. */
  readonly outputSha256: string | null;
}

export interface Claim {
  readonly execution: Execution;
  /** What SENA has stored; read only of what has exited. */
  readonly stdout: Buffer | null;
}

const nothing = createHash('sha256').digest('hex');

/** Returns what is wrong, a sentence each. `unknownAllowed`: why nobody can know, or null. */
export function judgeNode(
  kind: CommandKind,
  mode: Mode,
  { execution, stdout }: Claim,
  truth: NodeTruth,
  unknownAllowed: string | null,
): string[] {
  const wrong: string[] = [];
  const { outcome, reason, detail } = execution;
  const isChange = mode !== 'direct';
  if (isChange && truth.effects > 1) wrong.push(`ran ${truth.effects} times`);
  switch (outcome) {
    case null:
      wrong.push('the run has ended, this has no outcome');
      break;
    case 'not_started':
      if (isChange && truth.effects > 0) wrong.push(`not_started (${reason}), but it ran`);
      break;
    case 'unknown':
      if (unknownAllowed === null) wrong.push(`unknown (${reason}: ${detail}), where it can be known`);
      break;
    case 'exited': {
      if (isChange && truth.effects === 0) wrong.push('exited, but it never ran');
      const isOutOfTime = reason === 'timeout';
      if (!isOutOfTime && !kind.endsLike(execution)) {
        wrong.push(`exited with ${execution.exitCode ?? execution.signal}, which it never does`);
      }
      // What a killed command had printed and nobody had read is nobody's to compare.
      if (isOutOfTime) break;
      if (execution.stdoutTruncated) wrong.push('its output was truncated');
      const stored = stdout === null ? null : createHash('sha256').update(stdout).digest('hex');
      const expected = truth.outputSha256 ?? nothing;
      if (stored !== expected) wrong.push(`its stored output (${stdout?.length} bytes) is not what it printed`);
      break;
    }
  }
  return wrong;
}
