// The sites at a glance: nodes, satellites, whether anything can be reached there, and how much may run at once.
'use client';
import type { Site } from '@sena/contracts/http/fleet';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { classNames } from '@sena/ui/class-names';
import { Skeleton } from '@sena/ui/skeleton';
import Link from 'next/link';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { useMayManageFleet } from '../session/use-me.ts';
import { formatCount } from '../time/format-time.ts';
import { ChangeLimitDialog } from './change-limit-dialog.tsx';
import { useSites } from './use-sites.ts';

export function SiteCards() {
  const sites = useSites();
  const mayManage = useMayManageFleet();
  const [changing, setChanging] = useState<Site | null>(null);
  if (sites.data === undefined) {
    if (sites.error !== null) return <FailureNotice error={sites.error} onRetry={() => void sites.refetch()} />;
    return (
      <div role="status" aria-label="Loading sites" className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        <Skeleton className="h-20" />
        <Skeleton className="h-20" />
      </div>
    );
  }
  if (sites.data.length === 0) return null;
  return (
    <>
      <ul aria-label="Sites" className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {sites.data.map((site) => {
          const reached = site.satellitesConnected > 0;
          return (
            <li key={site.id}>
              <Card className="flex flex-col gap-1 px-4 py-3">
                <p className="flex items-center gap-2 font-medium">
                  <span
                    aria-hidden
                    className={classNames('size-2 rounded-full', reached ? 'bg-success' : 'bg-warning')}
                  />
                  <span className="truncate">{site.name}</span>
                </p>
                <p className="text-[0.8125rem] text-muted-foreground">
                  <Link
                    href={`/nodes?site=${encodeURIComponent(site.id)}`}
                    className="underline-offset-4 hover:text-foreground hover:underline"
                  >
                    {formatCount(site.nodeCount, 'node')}
                  </Link>
                  {' · '}
                  {site.satelliteCount === 0
                    ? 'no satellite yet'
                    : `${site.satellitesConnected} of ${formatCount(site.satelliteCount, 'satellite')} connected`}
                </p>
                <p className="flex flex-wrap items-center gap-x-2 text-[0.8125rem] text-muted-foreground">
                  {site.runningMax === null
                    ? 'No limit on commands at once'
                    : `At most ${formatCount(site.runningMax, 'command')} at once`}
                  {mayManage && (
                    <Button
                      size="sm"
                      variant="ghost"
                      aria-label={`Change how many commands run at once at ${site.name}`}
                      onClick={() => setChanging(site)}
                    >
                      Change
                    </Button>
                  )}
                </p>
              </Card>
            </li>
          );
        })}
      </ul>
      <ChangeLimitDialog site={changing} onClose={() => setChanging(null)} />
    </>
  );
}
