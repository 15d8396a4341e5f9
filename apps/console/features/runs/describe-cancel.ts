// A run that is being cancelled, in words: what is still under way, and what becomes of it. Pure.
import type { Run } from '@sena/contracts/http/runs';
import { formatCount } from '../time/format-time.ts';

type Cancelled = Pick<Run, 'cancel' | 'counts'>;

/** null: no cancel was asked for. */
export function describeCancel({ cancel, counts }: Cancelled): { title: string; detail: string } | null {
  if (cancel === null) return null;
  const { pending } = counts;
  const left = `${formatCount(pending, 'execution')} ${pending === 1 ? 'is' : 'are'} still under way`;
  return {
    title: pending === 0 ? 'Cancelling…' : `Cancelling: ${left}…`,
    detail:
      pending === 0
        ? 'Nothing more begins.'
        : cancel.stopRunning
          ? 'Nothing more begins. Changes under a guard are being stopped; other commands come to their end.'
          : 'Nothing more begins. What runs already is not stopped: it comes to its end, and what became of it is shown.',
  };
}
