// Entered from dispatch; leaves to plan once every execution of the turn has an outcome. Interrupts and nothing else: the job ends
// here, and resume-run comes back when the dispatches are complete.
import { interrupt } from '@langchain/langgraph';
import type { RunState, RunUpdate } from '../run-state.ts';

/** What a paused graph waits for. */
export type Pause =
  | { readonly for: 'dispatches'; readonly steps: string[] }
  | { readonly for: 'approval'; readonly approvalId: string }
  | { readonly for: 'start' };

export function wait() {
  return (state: RunState): RunUpdate => {
    const pause: Pause = { for: 'dispatches', steps: state.steps.map((step) => step.step) };
    interrupt(pause);
    return {};
  };
}
