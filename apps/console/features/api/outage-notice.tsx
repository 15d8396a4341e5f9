// Lies over the page while SENA is away: said once, whatever of the page can't be loaded, and nothing on it moves.
import type { ProblemError } from '@sena/sdk/problem-error';
import { Notice } from '@sena/ui/notice';
import { describeOutage } from './describe-outage.ts';

export function OutageNotice({ outage }: { outage: ProblemError }) {
  const { title, detail } = describeOutage(outage);
  return (
    <div className="pointer-events-none fixed inset-x-3 bottom-3 z-40 flex justify-center">
      <div className="max-w-xl rounded-lg bg-background shadow-float">
        <Notice tone="warning" role="status" title={title}>
          {detail}
        </Notice>
      </div>
    </div>
  );
}
