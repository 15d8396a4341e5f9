// A run's status in words.
import type { RunStatus } from '@sena/contracts/domain/run';
import type { Run } from '@sena/contracts/http/runs';
import { Badge, type Tone } from '@sena/ui/badge';
import { Spinner } from '@sena/ui/spinner';
import { Ban, CalendarClock, CircleCheck, CircleX, Clock, Hand, MessageCircleX } from 'lucide-react';
import type { ReactNode } from 'react';
import { isNotAnswered } from './is-not-answered.ts';

const looks: Record<RunStatus, { tone: Tone; words: string; icon: ReactNode }> = {
  queued: { tone: 'neutral', words: 'Queued', icon: <Clock aria-hidden /> },
  running: { tone: 'primary', words: 'Running', icon: <Spinner /> },
  awaiting_approval: { tone: 'warning', words: 'Awaiting approval', icon: <Hand aria-hidden /> },
  scheduled: { tone: 'neutral', words: 'Scheduled', icon: <CalendarClock aria-hidden /> },
  succeeded: { tone: 'success', words: 'Succeeded', icon: <CircleCheck aria-hidden /> },
  failed: { tone: 'danger', words: 'Failed', icon: <CircleX aria-hidden /> },
  cancelled: { tone: 'neutral', words: 'Cancelled', icon: <Ban aria-hidden /> },
};

export const runStatusWords: Readonly<Record<RunStatus, string>> = {
  queued: looks.queued.words,
  running: looks.running.words,
  awaiting_approval: looks.awaiting_approval.words,
  scheduled: looks.scheduled.words,
  succeeded: looks.succeeded.words,
  failed: looks.failed.words,
  cancelled: looks.cancelled.words,
};

const notAnswered = { tone: 'warning', words: 'Not answered', icon: <MessageCircleX aria-hidden /> } as const;

export function RunStatusBadge({ run }: { run: Pick<Run, 'status' | 'kind' | 'counts'> }) {
  const { tone, words, icon } = isNotAnswered(run) ? notAnswered : looks[run.status];
  return (
    <Badge tone={tone} data-testid="run-status" data-status={run.status}>
      {icon}
      {words}
    </Badge>
  );
}
