// Follows a run live: collects its events and, at most once a second, has what is shown of the run, and of
// approvals where one came or closed, loaded again. One that has ended is looked at again while nobody knows what became of one of its commands.
import type { RunEvent } from '@sena/contracts/domain/run-event';
import type { Run } from '@sena/contracts/http/runs';
import { type Connection, followRun } from '@sena/sdk/follow-run';
import { ProblemError } from '@sena/sdk/problem-error';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { apiBaseUrl } from '../api/sena-client.ts';
import { approvalsKey } from '../approvals/use-approvals.ts';
import { changesApprovals } from './changes-approvals.ts';
import { runKey } from './use-run.ts';
import { runsKey } from './use-runs.ts';

export type Following =
  | { kind: 'connecting' }
  | { kind: 'live' }
  | { kind: 'interrupted'; retryInMs: number }
  | { kind: 'ended' }
  | { kind: 'refused'; error: ProblemError };

const refreshMs = 1_000;
const discoveryMs = 10_000;

/** `isThere`: the run was read. What is not there is not followed. */
export function useFollowRun(runId: string, isThere: boolean): { events: readonly RunEvent[]; following: Following } {
  const queryClient = useQueryClient();
  const [events, setEvents] = useState<readonly RunEvent[]>([]);
  const [following, setFollowing] = useState<Following>({ kind: 'connecting' });

  useEffect(() => {
    if (!isThere) return;
    const stop = new AbortController();
    let pending: RunEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastFlushMs = 0;
    let lastSeq = 0;
    setEvents([]);
    setFollowing({ kind: 'connecting' });

    function flush() {
      timer = undefined;
      lastFlushMs = Date.now();
      const arrived = pending;
      pending = [];
      if (arrived.length > 0) setEvents((all) => [...all, ...arrived]);
      void queryClient.invalidateQueries({ queryKey: runKey(runId) });
      if (arrived.some(({ data }) => changesApprovals(data))) {
        void queryClient.invalidateQueries({ queryKey: approvalsKey });
      }
    }

    function schedule() {
      timer ??= setTimeout(flush, Math.max(0, lastFlushMs + refreshMs - Date.now()));
    }

    function onConnection(connection: Connection) {
      if (connection.kind === 'interrupted') setFollowing({ kind: 'interrupted', retryInMs: connection.retryInMs });
      else setFollowing(connection);
    }

    async function take(told?: (connection: Connection) => void) {
      const from = { baseUrl: apiBaseUrl, runId, afterSeq: lastSeq, signal: stop.signal };
      for await (const event of followRun({ ...from, ...(told === undefined ? {} : { onConnection: told }) })) {
        lastSeq = event.seq;
        pending.push(event);
        schedule();
      }
    }

    /** After a while: does the run still hold an `unknown`? */
    async function mayBeFoundOut(): Promise<boolean> {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, discoveryMs));
        if (stop.signal.aborted) return false;
        const run = queryClient.getQueryData<Run>([...runKey(runId), 'itself']);
        // Not loaded yet, or in vain: asked for again by whoever shows it.
        if (run !== undefined) return run.counts.unknown > 0;
      }
    }

    async function follow() {
      try {
        await take(onConnection);
        if (stop.signal.aborted) return;
        clearTimeout(timer);
        flush();
        setFollowing({ kind: 'ended' });
        void queryClient.invalidateQueries({ queryKey: runsKey });
        while (await mayBeFoundOut()) await take();
      } catch (error) {
        if (stop.signal.aborted) return;
        clearTimeout(timer);
        flush();
        setFollowing({ kind: 'refused', error: ProblemError.fromFailure(error) });
      }
    }

    void follow();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [runId, isThere, queryClient]);

  return { events, following };
}
