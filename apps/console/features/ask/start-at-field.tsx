// When a command is to begin, if not at once. Its value is what the browser's clock on the wall says, and the zone stands beside it.
'use client';
import { CalendarClock } from 'lucide-react';
import { useId } from 'react';
import { fieldError } from '../api/describe-failure.ts';

interface StartAtFieldProps {
  /** `2026-12-01T02:00`; empty: at once. */
  value: string;
  onChange: (value: string) => void;
  error: Error | null;
}

export function StartAtField({ value, onChange, error }: StartAtFieldProps) {
  const fieldId = useId();
  const zoneId = useId();
  return (
    <div className="flex h-8 items-center gap-2 rounded-md border border-transparent px-2 focus-within:border-input">
      <label htmlFor={fieldId} className="flex shrink-0 items-center gap-2 text-[0.8125rem] text-muted-foreground">
        <CalendarClock aria-hidden className="size-4 shrink-0" /> Start at
      </label>
      <input
        id={fieldId}
        type="datetime-local"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={zoneId}
        aria-invalid={fieldError(error, 'startAt') !== null ? true : undefined}
        className="bg-transparent text-[0.8125rem] outline-none"
      />
      <span id={zoneId} className="text-xs text-muted-foreground">
        {Intl.DateTimeFormat().resolvedOptions().timeZone}
      </span>
    </div>
  );
}
