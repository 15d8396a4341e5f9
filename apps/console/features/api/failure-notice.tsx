// Shown in place of what could not be loaded: why, and the button that tries again.
import { Button } from '@sena/ui/button';
import { Notice } from '@sena/ui/notice';
import { RotateCw } from 'lucide-react';
import { InlineText } from '../output/inline-text.tsx';
import { describeFailure } from './describe-failure.ts';

interface FailureNoticeProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

export function FailureNotice({ error, onRetry, className }: FailureNoticeProps) {
  const failure = describeFailure(error);
  return (
    <Notice
      tone="danger"
      role="alert"
      title={failure.title}
      className={className}
      action={
        onRetry !== undefined && (
          <Button size="sm" onClick={onRetry}>
            <RotateCw />
            Try again
          </Button>
        )
      }
    >
      <InlineText text={failure.detail} />
    </Notice>
  );
}
