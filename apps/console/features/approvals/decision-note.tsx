// What was decided, in the whole place of the buttons: the card keeps its size, so that nothing below it moves.
'use client';
import type { Approval } from '@sena/contracts/http/approvals';
import { Notice } from '@sena/ui/notice';
import { useEffect, useRef } from 'react';
import { sayWho } from '../members/say-who.ts';
import { InertText } from '../output/inert-text.tsx';
import { useMe } from '../session/use-me.ts';
import { Ago } from '../time/ago.tsx';
import { formatMoment } from '../time/format-time.ts';

interface DecisionNoteProps {
  approval: Approval;
  /** The focus was on a button that is gone: it goes on from here. */
  takesFocus: boolean;
}

export function DecisionNote({ approval, takesFocus }: DecisionNoteProps) {
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) note.current?.focus({ preventScroll: true });
  }, [takesFocus]);
  const { tone, title, what } = useWords(approval);
  return (
    <div ref={note} tabIndex={-1} role="status" className="grid rounded-lg">
      <Notice tone={tone} title={title}>
        {what}
        {approval.reason !== null && (
          <span className="line-clamp-2 text-muted-foreground">
            “<InertText text={approval.reason} terminal="show" />”
          </span>
        )}
      </Notice>
    </div>
  );
}

function useWords(approval: Approval): { tone: 'success' | 'warning' | 'info'; title: React.ReactNode; what: string } {
  const me = useMe();
  const { decidedBy } = approval;
  const by =
    decidedBy === null ? 'somebody' : sayWho(decidedBy.id === me.user.id ? { ...decidedBy, name: 'you' } : decidedBy);
  const when = approval.decidedAt === null ? null : <Ago at={approval.decidedAt} />;
  switch (approval.status) {
    case 'approved':
      return {
        tone: 'success',
        title: (
          <>
            Approved by <InertText text={by} terminal="show" /> {when}
          </>
        ),
        what:
          Date.parse(approval.notBefore) > Date.now()
            ? `It begins at ${formatMoment(approval.notBefore)}.`
            : 'With that the run could go on.',
      };
    case 'rejected':
      return {
        tone: 'warning',
        title: (
          <>
            Rejected by <InertText text={by} terminal="show" /> {when}
          </>
        ),
        what: 'Nothing of it was run.',
      };
    case 'expired':
      return { tone: 'info', title: 'Expired', what: 'Nobody decided in time. Nothing of it was run.' };
    case 'void':
      return {
        tone: 'info',
        title: 'No longer needed',
        what: 'The run was cancelled, or its action changed. Nothing of it was run.',
      };
    case 'pending':
      return { tone: 'info', title: 'Waiting', what: '' };
  }
}
