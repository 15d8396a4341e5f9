// One of a few, chosen from a list.
import { getNonce } from 'get-nonce';
import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';

interface SelectProps extends ComponentProps<typeof Radix.Root> {
  id?: string;
  label?: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
  placeholder?: string;
  className?: string;
  options: ReadonlyArray<{ value: string; label: string }>;
}

export function Select({
  id,
  label,
  placeholder,
  className,
  options,
  'aria-describedby': describedBy,
  'aria-invalid': invalid,
  ...props
}: SelectProps) {
  return (
    <Radix.Root {...props}>
      <Radix.Trigger
        id={id}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        className={classNames(
          'inline-flex h-9 min-w-0 items-center justify-between gap-2 rounded-md border border-input bg-surface px-3 text-sm hover:bg-muted aria-invalid:border-danger data-placeholder:text-muted-foreground [&>span]:truncate',
          className,
        )}
      >
        <Radix.Value placeholder={placeholder} />
        <Radix.Icon asChild>
          <ChevronDown className="size-4 shrink-0 text-muted-foreground" />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-60 max-h-72 min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border border-border bg-surface-raised shadow-float"
        >
          <Radix.Viewport nonce={getNonce()} className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="flex items-center justify-between gap-3 rounded-md px-2 py-1.5 text-sm outline-none select-none data-highlighted:bg-muted"
              >
                <Radix.ItemText>{option.label}</Radix.ItemText>
                <Radix.ItemIndicator>
                  <Check className="size-4 text-primary" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
