// What happened in a run, line by line, as it happens.
'use client';
import type { RunEvent } from '@sena/contracts/domain/run-event';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { classNames } from '@sena/ui/class-names';
import { Skeleton } from '@sena/ui/skeleton';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { useSatelliteNames } from '../satellites/use-satellite-names.ts';
import { formatDuration, formatExact } from '../time/format-time.ts';
import { describeEvent, type EventTone } from './describe-event.ts';
import type { Following } from './use-follow-run.ts';

const dots: Record<EventTone, string> = {
  plain: 'bg-muted-foreground/50',
  good: 'bg-success',
  waiting: 'bg-warning',
  bad: 'bg-danger',
  unknown: 'bg-unknown',
};

export function RunTimeline({ events, following }: { events: readonly RunEvent[]; following: Following }) {
  const satelliteNames = useSatelliteNames();
  const startMs = events[0] === undefined ? 0 : Date.parse(events[0].at);
  return (
    <Card aria-label="Timeline">
      <CardHeader>
        <CardTitle>Timeline</CardTitle>
        <LiveMark following={following} />
      </CardHeader>
      {events.length === 0 && following.kind === 'ended' ? (
        <p className="p-4 text-sm text-muted-foreground">Nothing was recorded for this run.</p>
      ) : events.length === 0 ? (
        <div role="status" aria-label="Loading the timeline" className="flex flex-col gap-3 p-4">
          <Skeleton className="h-4 w-3/5" />
          <Skeleton className="h-4 w-4/5" />
        </div>
      ) : (
        <ol className="flex flex-col p-4">
          {events.map((event) => {
            const line = describeEvent(event.data, satelliteNames);
            return (
              <li key={event.seq} className="group relative flex gap-3 pb-3.5 last:pb-0">
                <span aria-hidden className="absolute top-3.5 bottom-0 left-[3.5px] w-px bg-border group-last:hidden" />
                <span aria-hidden className={classNames('mt-1.5 size-2 shrink-0 rounded-full', dots[line.tone])} />
                <div className="min-w-0 flex-1">
                  <p className="text-[0.8125rem] leading-5 break-words">
                    <InertText text={line.title} terminal="show" />
                  </p>
                  {line.detail !== null && (
                    <p className="text-xs leading-4 break-words text-muted-foreground">
                      <InlineText text={line.detail} />
                    </p>
                  )}
                </div>
                <time
                  dateTime={event.at}
                  title={formatExact(event.at)}
                  className="shrink-0 text-xs leading-5 text-muted-foreground tabular-nums"
                >
                  +{formatDuration(Math.max(0, Date.parse(event.at) - startMs))}
                </time>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}

function LiveMark({ following }: { following: Following }) {
  const looks = {
    connecting: { dot: 'bg-muted-foreground/60', words: 'Connecting' },
    live: { dot: 'bg-success animate-pulse', words: 'Live' },
    interrupted: { dot: 'bg-warning', words: 'Reconnecting' },
    refused: { dot: 'bg-danger', words: 'Not live' },
    ended: null,
  }[following.kind];
  if (looks === null) return null;
  return (
    <span role="status" className="inline-flex items-center gap-1.5 text-xs text-muted-foreground">
      <span aria-hidden className={classNames('size-2 rounded-full', looks.dot)} />
      {looks.words}
    </span>
  );
}
