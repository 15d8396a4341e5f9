// How many executions are unknown or were not started, beside a title or a status that does not say so.
import type { OutcomeCounts } from '@sena/contracts/domain/run';
import { Badge } from '@sena/ui/badge';
import { CircleHelp, CircleMinus } from 'lucide-react';

export function RunCaveats({ counts }: { counts: OutcomeCounts }) {
  return (
    <>
      {counts.unknown > 0 && (
        <Badge tone="unknown">
          <CircleHelp aria-hidden /> {counts.unknown.toLocaleString('en')} unknown
        </Badge>
      )}
      {counts.notStarted > 0 && (
        <Badge tone="warning">
          <CircleMinus aria-hidden /> {counts.notStarted.toLocaleString('en')} not started
        </Badge>
      )}
    </>
  );
}
