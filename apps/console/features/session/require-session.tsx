// The door of the console: nothing behind it is drawn for a stranger. Asks GET /v1/me once, and again when a call says
// that the session has ended.
'use client';
import { ProblemError } from '@sena/sdk/problem-error';
import { takeData } from '@sena/sdk/take-data';
import { Skeleton } from '@sena/ui/skeleton';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { meKey } from '../api/new-query-client.ts';
import { sena } from '../api/sena-client.ts';
import { MeContext } from './use-me.ts';

export function RequireSession({ children }: { children: ReactNode }) {
  const router = useRouter();
  const me = useQuery({
    queryKey: meKey,
    queryFn: ({ signal }) => takeData(sena.GET('/v1/me', { signal })),
    staleTime: 60_000,
  });
  const signedOut = me.error instanceof ProblemError && me.error.status === 401;

  useEffect(() => {
    if (!signedOut) return;
    const here = window.location.pathname + window.location.search;
    router.replace(here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`);
  }, [signedOut, router]);

  if (signedOut || me.isPending) return <Opening />;
  // With an answer in hand a passing failure is no reason to take the page away.
  if (me.data === undefined) {
    return (
      <main className="mx-auto max-w-xl p-6 pt-[20vh]">
        <FailureNotice error={me.error} onRetry={() => void me.refetch()} />
      </main>
    );
  }
  return <MeContext value={me.data}>{children}</MeContext>;
}

function Opening() {
  return (
    <div role="status" aria-label="Opening SENA" className="flex min-h-dvh">
      <div className="hidden w-60 shrink-0 flex-col gap-3 border-r border-border bg-sidebar p-4 md:flex">
        <Skeleton className="h-7 w-28" />
        <Skeleton className="mt-4 h-6 w-full" />
        <Skeleton className="h-6 w-4/5" />
        <Skeleton className="h-6 w-5/6" />
      </div>
      <div className="mx-auto w-full max-w-5xl p-8">
        <Skeleton className="h-8 w-64" />
        <Skeleton className="mt-6 h-40 w-full" />
      </div>
    </div>
  );
}
