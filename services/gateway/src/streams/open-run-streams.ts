// Who follows which run. One doorbell an organization, however many follow; a bounded number of streams.
// Opened by main; entered by stream-run. Holds listeners and counters, reads no database.
import { SenaError } from '@sena/contracts/errors';
import type { Signals } from '@sena/signals/open-signals';

export interface RunStreams {
  /** Takes a place and listens for the run. Throws `rate_limited` when there is no place, `not_ready` while draining. */
  follow(follower: { organizationId: string; userId: string; runId: string }): Promise<RunFollower>;
  /** Ends every stream, and refuses new ones. Resolves when all have ended. */
  drain(): Promise<void>;
}

export interface RunFollower {
  /** Aborted when the process drains. */
  readonly draining: AbortSignal;
  /** Resolves when the run may have more events, after `timeoutMs`, or when one of the signals aborts. */
  waitForNews(timeoutMs: number, gone: AbortSignal): Promise<void>;
  /** Once for each time that what the member may do may have changed. */
  takeDoubt(): boolean;
  /** Gives the place back. Twice is once. */
  leave(): void;
}

interface Follower {
  readonly runId: string;
  readonly userId: string;
  mustProve: boolean;
  hasNews: boolean;
  wake: () => void;
}

interface Organization {
  readonly followers: Set<Follower>;
  readonly listening: Promise<ReadonlyArray<() => Promise<void>>>;
}

export function openRunStreams(
  signals: Pick<Signals, 'listen'>,
  limits: { readonly streams: number; readonly streamsPerMember: number },
  /** Told when a doorbell could not be let go. */
  onError: (error: unknown) => void,
): RunStreams {
  const organizations = new Map<string, Organization>();
  const countOf = new Map<string, number>();
  const draining = new AbortController();
  let total = 0;
  let onEmpty: (() => void) | null = null;

  function organizationOf(organizationId: string): Organization {
    const known = organizations.get(organizationId);
    if (known) return known;
    const followers = new Set<Follower>();
    const tell = (of: (follower: Follower) => boolean) => {
      for (const follower of followers) {
        if (!of(follower)) continue;
        follower.hasNews = true;
        follower.wake();
      }
    };
    const askAgain = (of: (follower: Follower) => boolean) => {
      for (const follower of followers) if (of(follower)) follower.mustProve = true;
      tell(of);
    };
    const listening = listenToBoth(
      signals.listen(organizationId, 'runEvents', ({ runId }) => tell((follower) => follower.runId === runId), {
        onGap: () => tell(() => true),
      }),
      signals.listen(
        organizationId,
        'memberChanged',
        ({ userId }) => askAgain((follower) => follower.userId === userId),
        {
          onGap: () => askAgain(() => true),
        },
      ),
    );
    const organization = { followers, listening };
    organizations.set(organizationId, organization);
    return organization;
  }

  function leave(organizationId: string, memberKey: string, follower: Follower): void {
    const organization = organizations.get(organizationId);
    if (!organization?.followers.delete(follower)) return;
    total--;
    const left = (countOf.get(memberKey) ?? 1) - 1;
    if (left === 0) countOf.delete(memberKey);
    else countOf.set(memberKey, left);
    if (total === 0) onEmpty?.();
    if (organization.followers.size > 0) return;
    organizations.delete(organizationId);
    organization.listening.then((stops) => Promise.all(stops.map((stop) => stop()))).catch(onError);
  }

  return {
    follow: async ({ organizationId, userId, runId }) => {
      const memberKey = `${organizationId}/${userId}`;
      if (draining.signal.aborted) throw new SenaError('not_ready', 'SENA is restarting. Connect again in a moment.');
      if (total >= limits.streams || (countOf.get(memberKey) ?? 0) >= limits.streamsPerMember) {
        throw new SenaError('rate_limited', 'Too many open event streams. Close one, then connect again.');
      }
      const follower: Follower = { runId, userId, mustProve: false, hasNews: false, wake: () => undefined };
      total++;
      countOf.set(memberKey, (countOf.get(memberKey) ?? 0) + 1);
      const organization = organizationOf(organizationId);
      organization.followers.add(follower);
      try {
        await organization.listening;
      } catch (error) {
        // It could still poll, but without a doorbell every run would look slow: say so instead.
        leave(organizationId, memberKey, follower);
        throw error;
      }
      return {
        draining: draining.signal,
        waitForNews: (timeoutMs, gone) => waitForNews(follower, timeoutMs, [gone, draining.signal]),
        takeDoubt: () => {
          const { mustProve } = follower;
          follower.mustProve = false;
          return mustProve;
        },
        leave: () => leave(organizationId, memberKey, follower),
      };
    },

    drain: async () => {
      draining.abort();
      if (total === 0) return;
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
    },
  };
}

/** Both or neither: what one of them holds is let go when the other fails. */
async function listenToBoth(
  ...listeners: ReadonlyArray<Promise<() => Promise<void>>>
): Promise<Array<() => Promise<void>>> {
  const settled = await Promise.allSettled(listeners);
  const stops = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed === undefined) return stops;
  await Promise.all(stops.map((stop) => stop()));
  throw failed.reason;
}

async function waitForNews(follower: Follower, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void> {
  if (!follower.hasNews && !signals.some((signal) => signal.aborted)) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      function done() {
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', done);
        follower.wake = () => undefined;
        resolve();
      }
      for (const signal of signals) signal.addEventListener('abort', done);
      follower.wake = done;
    });
  }
  follower.hasNews = false;
}
