// The fleet in a line: how many nodes, in which sites, and whether every site can be reached now.
'use client';
import { classNames } from '@sena/ui/class-names';
import Link from 'next/link';
import { useSites } from '../satellites/use-sites.ts';
import { formatCount } from '../time/format-time.ts';

export function FleetStrip() {
  const sites = useSites();
  // The strip is a courtesy; whoever wants the reason for a failure finds it on the satellites page.
  if (sites.data === undefined) return <p className="h-5" aria-hidden />;
  if (sites.data.length === 0) {
    return (
      <p className="text-sm text-muted-foreground">
        No site is connected yet.{' '}
        <Link href="/satellites?add" className="font-medium text-primary underline-offset-4 hover:underline">
          Add a satellite
        </Link>{' '}
        to reach your first nodes.
      </p>
    );
  }
  const nodes = sites.data.reduce((sum, site) => sum + site.nodeCount, 0);
  const cutOff = sites.data.filter((site) => site.nodeCount > 0 && site.satellitesConnected === 0);
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted-foreground">
      <span
        aria-hidden
        className={classNames('size-2 rounded-full', cutOff.length === 0 ? 'bg-success' : 'bg-warning')}
      />
      <span>
        {formatCount(nodes, 'node')} in {formatCount(sites.data.length, 'site')}.
      </span>
      {cutOff.length > 0 && (
        <Link href="/satellites" className="text-warning underline-offset-4 hover:underline">
          No satellite is connected at {cutOff.map((site) => site.name).join(', ')}.
        </Link>
      )}
    </p>
  );
}
