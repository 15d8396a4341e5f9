// Whose words a command is. Entered by the orchestrator's gate and by the signer, each with what it reads itself. Pure.
import type { Proposer } from '@sena/contracts/domain/policy';
import type { Planner } from '@sena/contracts/domain/run';

/** A run as it was asked for (nobody may change that), and the planner that the orchestrator says thinks for it. */
export interface ProposingRun {
  readonly kind: 'ask' | 'command' | 'runbook';
  readonly command: string | null;
  readonly planner: Planner;
}

/** A person's is what the person wrote, to the letter. Everything else came out of a runbook or a model. */
export function proposerOf({ kind, command: asked, planner }: ProposingRun, command: string): Proposer {
  if (kind === 'command' && command === asked) return 'person';
  return planner === 'model' ? 'model' : 'runbook';
}
