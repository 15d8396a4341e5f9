// How far a run is: one bar of outcomes, with every part in words below it.
import type { OutcomeCounts } from '@sena/contracts/domain/run';
import { classNames } from '@sena/ui/class-names';

const parts = [
  { key: 'exitedZero', words: 'ended with 0', color: 'bg-success' },
  { key: 'exitedNonZero', words: 'ended with an error', color: 'bg-danger' },
  { key: 'notStarted', words: 'not started', color: 'bg-warning' },
  { key: 'unknown', words: 'unknown', color: 'bg-unknown' },
  { key: 'pending', words: 'under way', color: 'bg-muted-foreground/40' },
] as const satisfies ReadonlyArray<{ key: keyof OutcomeCounts; words: string; color: string }>;

export function RunProgress({ counts }: { counts: OutcomeCounts }) {
  if (counts.total === 0) return null;
  const ended = counts.total - counts.pending;
  return (
    <div className="flex flex-col gap-2">
      <div
        role="progressbar"
        aria-label="Executions that have ended"
        aria-valuemin={0}
        aria-valuemax={counts.total}
        aria-valuenow={ended}
        className="flex h-2 gap-px overflow-hidden rounded-full bg-muted"
      >
        {parts.map(({ key, color }) =>
          counts[key] === 0 ? null : (
            <div
              key={key}
              // By script: in a page that the server writes, the content security policy refuses style attributes.
              ref={(part) => {
                part?.style.setProperty('flex-grow', String(counts[key]));
              }}
              className={classNames('min-w-1 transition-[flex-grow]', color, key === 'pending' && 'animate-pulse')}
            />
          ),
        )}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted-foreground">
        <li>
          <span className="font-medium text-foreground tabular-nums">{ended.toLocaleString('en')}</span> of{' '}
          <span className="tabular-nums">{counts.total.toLocaleString('en')}</span> executions ended
        </li>
        {parts.map(({ key, words, color }) =>
          counts[key] === 0 ? null : (
            <li key={key} className="inline-flex items-center gap-1.5">
              <span aria-hidden className={classNames('size-2 rounded-full', color)} />
              <span className="font-medium text-foreground tabular-nums">{counts[key].toLocaleString('en')}</span>{' '}
              {words}
            </li>
          ),
        )}
      </ul>
    </div>
  );
}
