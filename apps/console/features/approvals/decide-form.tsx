// The two buttons and the reason. One press decides once; a press on a button that has only just come under the pointer decides nothing.
'use client';
import type { Approval } from '@sena/contracts/http/approvals';
import { Button } from '@sena/ui/button';
import { Field } from '@sena/ui/field';
import { Notice } from '@sena/ui/notice';
import { Textarea } from '@sena/ui/textarea';
import { Check, KeyRound, X } from 'lucide-react';
import { type MouseEvent, useRef, useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { PasskeyNeeded } from './passkey-needed.tsx';
import type { useDecideApproval } from './use-decide-approval.ts';
import { useStillness } from './use-stillness.ts';

interface DecideFormProps {
  approval: Approval;
  decide: ReturnType<typeof useDecideApproval>;
  /** What names the thing that is decided about, for a screen reader. */
  describedBy: string;
}

export function DecideForm({ approval, decide, describedBy }: DecideFormProps) {
  const [reason, setReason] = useState('');
  const [sent, setSent] = useState<'approve' | 'reject' | null>(null);
  const [tooSoon, setTooSoon] = useState(false);
  // State is seen at the next render; a second press may come before it.
  const isSent = useRef(false);
  const buttons = useRef<HTMLDivElement>(null);
  const hasBeenStill = useStillness(buttons);
  const isOver = approval.status !== 'pending';
  const needsPasskey = approval.passkeys.length > 0;

  function press(decision: 'approve' | 'reject', event: MouseEvent) {
    if (isSent.current || isOver) return;
    // Without a pointer (Enter, Space) the button is the one that has the focus: nothing can slip under it.
    const byPointer = event.detail > 0;
    if (byPointer && !hasBeenStill()) {
      setTooSoon(true);
      return;
    }
    setTooSoon(false);
    isSent.current = true;
    setSent(decision);
    decide.mutate(
      { decision, reason, withPasskey: decision === 'approve' && needsPasskey },
      {
        onError: () => {
          isSent.current = false;
          setSent(null);
        },
      },
    );
  }

  return (
    <div className="flex flex-col gap-3">
      {decide.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(decide.error).title}>
          {describeFailure(decide.error).detail}
        </Notice>
      )}
      <PasskeyNeeded approval={approval} />
      <Field label="Reason (optional)" hint="Kept with the decision, for whoever reads the audit.">
        {(control) => (
          <Textarea
            {...control}
            className="min-h-9"
            rows={1}
            maxLength={1_000}
            value={reason}
            disabled={sent !== null}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      <div ref={buttons} className="flex flex-wrap items-center gap-2">
        <Button
          variant="primary"
          busy={sent === 'approve'}
          disabled={sent !== null || isOver}
          aria-describedby={describedBy}
          onClick={(event) => press('approve', event)}
        >
          {needsPasskey ? <KeyRound /> : <Check />} {needsPasskey ? 'Approve with passkey' : 'Approve'}
        </Button>
        <Button
          variant="danger-outline"
          busy={sent === 'reject'}
          disabled={sent !== null || isOver}
          aria-describedby={describedBy}
          onClick={(event) => press('reject', event)}
        >
          <X /> Reject
        </Button>
        <span role="status" className="text-xs text-warning">
          {tooSoon && 'This had only just moved here, so nothing was decided. Look, then press again.'}
        </span>
      </div>
    </div>
  );
}
