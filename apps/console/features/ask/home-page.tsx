// Home: ask, and see what was asked last.
'use client';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { EmptyState } from '@sena/ui/empty-state';
import { Skeleton } from '@sena/ui/skeleton';
import { ArrowRight, MessageCircleQuestion } from 'lucide-react';
import Link from 'next/link';
import { FailureNotice } from '../api/failure-notice.tsx';
import { InertText } from '../output/inert-text.tsx';
import { RunKindIcon } from '../runs/run-kind-icon.tsx';
import { RunStatusBadge } from '../runs/run-status-badge.tsx';
import { runTitle } from '../runs/run-title.ts';
import { useRecentRuns } from '../runs/use-runs.ts';
import { Ago } from '../time/ago.tsx';
import { AskBox } from './ask-box.tsx';
import { FleetStrip } from './fleet-strip.tsx';

export function HomePage() {
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 md:py-14">
      <div className="flex flex-col gap-1.5">
        <h1 className="text-2xl font-semibold tracking-tight text-balance">What do you want to know?</h1>
        <FleetStrip />
      </div>
      <AskBox />
      <RecentRuns />
    </div>
  );
}

function RecentRuns() {
  const runs = useRecentRuns();
  return (
    <Card aria-label="Recent runs" className="mt-2">
      <CardHeader>
        <CardTitle>Recent runs</CardTitle>
        <Button asChild variant="ghost" size="sm">
          <Link href="/runs">
            All runs <ArrowRight aria-hidden />
          </Link>
        </Button>
      </CardHeader>
      {runs.data === undefined ? (
        runs.error !== null ? (
          <FailureNotice error={runs.error} onRetry={() => void runs.refetch()} className="m-4" />
        ) : (
          <div role="status" aria-label="Loading recent runs" className="flex flex-col gap-4 p-4">
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="h-5 w-1/2" />
            <Skeleton className="h-5 w-2/3" />
          </div>
        )
      ) : runs.data.length === 0 ? (
        <EmptyState icon={<MessageCircleQuestion />} title="Nothing asked yet">
          Choose one of the questions above, or write your own. It runs on your nodes, read-only, and the answer shows
          what it rests on.
        </EmptyState>
      ) : (
        <ul>
          {runs.data.map((run) => (
            <li key={run.id} className="border-b border-border/70 last:border-0">
              <Link
                href={`/runs/${run.id}`}
                className="flex items-center gap-3 px-4 py-2.5 -outline-offset-2 hover:bg-muted/50"
              >
                <RunKindIcon kind={run.kind} />
                <span
                  className={`min-w-0 flex-1 max-md:line-clamp-3 max-md:break-words md:truncate ${run.kind === 'command' ? 'font-mono text-[0.8125rem]' : 'font-medium'}`}
                >
                  <InertText text={runTitle(run)} terminal={run.kind === 'command' ? 'exact' : 'show'} />
                </span>
                <span className="hidden text-xs text-muted-foreground sm:block">
                  <Ago at={run.createdAt} />
                </span>
                <RunStatusBadge run={run} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
