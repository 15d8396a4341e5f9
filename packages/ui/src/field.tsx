// A label, what it labels, a hint and what is wrong with it: tied together for a screen reader.
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

interface FieldControlProps {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: ReactNode;
  className?: string;
  children: (control: FieldControlProps) => ReactNode;
}

export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const invalid = error !== undefined && error !== null;
  const described = [invalid ? errorId : null, hint === undefined ? null : hintId].filter((part) => part !== null);
  return (
    <div className={classNames('flex min-w-0 flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-[0.8125rem] font-medium">
        {label}
      </label>
      {children({
        id,
        ...(described.length > 0 ? { 'aria-describedby': described.join(' ') } : {}),
        ...(invalid ? { 'aria-invalid': true as const } : {}),
      })}
      {invalid && (
        <div id={errorId} className="text-[0.8125rem] text-danger">
          {error}
        </div>
      )}
      {hint !== undefined && (
        <p id={hintId} className="text-xs text-muted-foreground">
          {hint}
        </p>
      )}
    </div>
  );
}
