// Before anything runs: can it be read at all; would it run at once, wait for a second person, or be refused; on how many nodes; and why.
'use client';
import type { Effect, PolicyDecisionKind } from '@sena/contracts/domain/policy';
import { Badge, type Tone } from '@sena/ui/badge';
import { classNames } from '@sena/ui/class-names';
import { Spinner } from '@sena/ui/spinner';
import { Ban, CircleCheck, Hand } from 'lucide-react';
import type { ReactNode } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { effectWords } from '../approvals/effect-words.ts';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { formatCount } from '../time/format-time.ts';
import { cutByEffects } from './cut-by-effects.ts';
import { useDebounced } from './use-debounced.ts';
import { usePolicyPreview } from './use-policy-preview.ts';

const verdicts: Record<PolicyDecisionKind, { tone: Tone; icon: ReactNode; words: string; classes: string }> = {
  allow: {
    tone: 'success',
    icon: <CircleCheck aria-hidden />,
    words: 'Runs at once',
    classes: 'border-success/30',
  },
  require_approval: {
    tone: 'warning',
    icon: <Hand aria-hidden />,
    words: 'Needs approval',
    classes: 'border-warning/40',
  },
  deny: { tone: 'danger', icon: <Ban aria-hidden />, words: 'Refused', classes: 'border-danger/40' },
};

interface PolicyPreviewProps {
  command: string;
  selector: string;
  /** It is asked for ahead of its time. */
  startsLater: boolean;
}

export function PolicyPreview({ command, selector, startsLater }: PolicyPreviewProps) {
  const restedCommand = useDebounced(command.trim(), 350);
  const restedSelector = useDebounced(selector.trim(), 350);
  const preview = usePolicyPreview(restedCommand, restedSelector);
  const stale = preview.isFetching || restedCommand !== command.trim() || restedSelector !== selector.trim();

  if (command.trim() === '') {
    return (
      <p className="text-[0.8125rem] text-muted-foreground">
        Write a command to see what the policy says to it. Nothing runs before you press Run.
      </p>
    );
  }
  if (preview.error !== null && !stale) {
    return (
      <p role="alert" className="text-[0.8125rem] text-danger">
        <InlineText text={describeFailure(preview.error).detail} />
      </p>
    );
  }
  if (preview.data === undefined) {
    return (
      <p role="status" className="flex items-center gap-2 text-[0.8125rem] text-muted-foreground">
        <Spinner /> Asking the policy…
      </p>
    );
  }
  const { decision, approvers, reasons, effects, nodeCount, syntaxError } = preview.data;
  if (syntaxError !== null) {
    return (
      <p role="status" className={classNames('text-[0.8125rem] text-danger', stale && 'opacity-60')}>
        <InlineText text={syntaxError} />
      </p>
    );
  }
  const verdict = verdicts[decision];
  return (
    <section
      aria-label="Policy preview"
      aria-busy={stale}
      className={classNames(
        'flex flex-col gap-2.5 rounded-lg border bg-background p-3',
        verdict.classes,
        stale && 'opacity-60',
      )}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={verdict.tone}>
          {verdict.icon}
          {approvers > 1
            ? 'Needs two approvals'
            : startsLater && decision === 'allow'
              ? 'Needs no approval'
              : verdict.words}
        </Badge>
        {nodeCount !== null && (
          <span className="text-[0.8125rem] text-muted-foreground">on {formatCount(nodeCount, 'node')}</span>
        )}
        {stale && <Spinner className="ml-auto size-3.5 text-muted-foreground" label="Asking the policy again" />}
      </div>
      <Marked command={restedCommand} effects={effects} />
      {reasons.length > 0 && (
        <ul className="flex list-disc flex-col gap-1 pl-5 text-[0.8125rem] text-pretty marker:text-muted-foreground">
          {reasons.slice(0, 5).map((reason) => (
            <li key={reason}>
              <InlineText text={reason} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Marked({ command, effects }: { command: string; effects: Effect[] }) {
  const pieces = cutByEffects(command, effects);
  if (!pieces.some((piece) => piece.effect !== null)) return null;
  return (
    <pre className="overflow-x-auto font-mono text-[0.8125rem] leading-6 break-words whitespace-pre-wrap">
      {pieces.map((piece) =>
        piece.effect === null ? (
          <InertText key={piece.start} text={piece.text} terminal="show" />
        ) : (
          <mark
            key={piece.start}
            title={`${effectWords[piece.effect.kind]}: ${piece.effect.detail}`}
            className="rounded-sm bg-warning-soft text-warning underline decoration-dotted underline-offset-4"
          >
            <InertText text={piece.text} terminal="exact" />
          </mark>
        ),
      )}
    </pre>
  );
}
