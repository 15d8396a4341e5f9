// An outcome as a badge; the sentence behind it is given where there is room.
import { Badge } from '@sena/ui/badge';
import { Spinner } from '@sena/ui/spinner';
import { Check, CircleHelp, CircleMinus, Clock, X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { OutcomeTone, OutcomeWords } from './describe-outcome.ts';

const icons: Record<OutcomeTone, ReactNode> = {
  success: <Check aria-hidden />,
  warning: <CircleMinus aria-hidden />,
  danger: <X aria-hidden />,
  unknown: <CircleHelp aria-hidden />,
  neutral: <Clock aria-hidden />,
};

export function OutcomeBadge({ words }: { words: OutcomeWords }) {
  return (
    <Badge tone={words.tone}>
      {words.short === 'Running' || words.short === 'Under way' ? <Spinner /> : icons[words.tone]}
      {words.short}
    </Badge>
  );
}
