// Why a run goes on: who or what it waits for beyond its commands' own time.
'use client';
import type { Run } from '@sena/contracts/http/runs';
import { Notice } from '@sena/ui/notice';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { useNow } from '../time/use-now.ts';
import { describeWait } from './describe-wait.ts';

export function RunWaits({ run }: { run: Run }) {
  const nowMs = useNow(10_000);
  return run.waits.map((wait) => {
    const { title, lines } = describeWait(wait, nowMs);
    return (
      <Notice
        key={wait.kind === 'queue_unreachable' ? wait.kind : `${wait.kind} ${wait.satellite.id}`}
        tone="warning"
        role="status"
        title={<InertText text={title} terminal="show" />}
      >
        {lines.map((line) => (
          <p key={line} className="mt-1 text-pretty">
            <InlineText text={line} />
          </p>
        ))}
      </Notice>
    );
  });
}
