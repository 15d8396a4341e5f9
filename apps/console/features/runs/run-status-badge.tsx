// A run's status in words; where that would say too much, what came of it.

import { judgeRun, type RunVerdict, verdictWords } from '@sena/contracts/domain/judge-run';
import type { RunStatus } from '@sena/contracts/domain/run';
import type { Run } from '@sena/contracts/http/runs';
import { Badge, type Tone } from '@sena/ui/badge';
import { Spinner } from '@sena/ui/spinner';
import {
  Ban,
  CalendarClock,
  CircleCheck,
  CircleHelp,
  CircleMinus,
  CircleX,
  Clock,
  Hand,
  MessageCircleX,
} from 'lucide-react';
import type { ReactNode } from 'react';

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

const verdictLooks: Record<Exclude<RunVerdict['kind'], 'as_status'>, { tone: Tone; icon: ReactNode }> = {
  not_answered: { tone: 'warning', icon: <MessageCircleX aria-hidden /> },
  all_non_zero: { tone: 'danger', icon: <CircleX aria-hidden /> },
  part_non_zero: { tone: 'warning', icon: <CircleX aria-hidden /> },
  nothing_ran: { tone: 'warning', icon: <CircleMinus aria-hidden /> },
  part_did_not_run: { tone: 'warning', icon: <CircleMinus aria-hidden /> },
  part_unknown: { tone: 'unknown', icon: <CircleHelp aria-hidden /> },
};

export function RunStatusBadge({ run }: { run: Pick<Run, 'status' | 'kind' | 'counts'> }) {
  const verdict = judgeRun(run);
  const { tone, icon } = verdict.kind === 'as_status' ? looks[run.status] : verdictLooks[verdict.kind];
  return (
    <Badge tone={tone} data-testid="run-status" data-status={run.status}>
      {icon}
      {verdictWords(verdict) ?? looks[run.status].words}
    </Badge>
  );
}
