// Sentences about what became of commands, for answers. Pure.
import { nameReason } from '@sena/contracts/domain/name-reason';
import type { Observation } from '@sena/runs/execution/list-observations';

const namesShown = 10;

/** `web-01, web-02 and 8 more`. */
export function listNames(names: readonly string[], shown = namesShown): string {
  if (names.length <= 1) return names.join('');
  if (names.length <= shown) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}

export function countNodes(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}

/** What the shell means by it, where that is sure. */
function describeExitCode(code: number): string {
  if (code === 127) return 'exit code 127 (command not found)';
  if (code === 126) return 'exit code 126 (found, but it can not be executed)';
  return `exit code ${code}`;
}

/** How one execution ended, in words: `exit code 3`, `not started: the node could not be reached`. */
export function describeOutcome(observation: Observation): string {
  switch (observation.outcome) {
    case 'exited':
      if (observation.reason === 'timeout') return 'killed after its time limit';
      if (observation.reason === 'cancelled') return 'stopped when the run was cancelled';
      return observation.exitCode === null ? 'ended by a signal' : describeExitCode(observation.exitCode);
    case 'not_started':
      return `not started: ${nameReason(observation.reason)}`;
    case 'unknown':
      return `unknown whether it ran: ${nameReason(observation.reason)}`;
  }
}
