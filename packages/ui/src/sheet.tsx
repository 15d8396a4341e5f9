// A panel from the edge: navigation on a narrow screen, the details of one thing on a wide one.
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';

export const Sheet = Radix.Root;
export const SheetTrigger = Radix.Trigger;

interface SheetContentProps extends Omit<ComponentProps<typeof Radix.Content>, 'title'> {
  side: 'left' | 'right';
  title: ReactNode;
  description: ReactNode;
  /** The title and description are for screen readers only. */
  plain?: boolean;
}

export function SheetContent({ side, title, description, plain, className, children, ...props }: SheetContentProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-50 bg-black/45 data-[state=open]:animate-in data-[state=open]:fade-in-0" />
      <Radix.Content
        className={classNames(
          'fixed inset-y-0 z-50 flex flex-col bg-surface-raised outline-none shadow-float data-[state=open]:animate-in data-[state=open]:duration-200',
          side === 'left'
            ? 'left-0 w-64 border-r border-border data-[state=open]:slide-in-from-left-8'
            : 'right-0 w-[min(52rem,100vw)] border-l border-border data-[state=open]:slide-in-from-right-8',
          className,
        )}
        tabIndex={-1}
        onOpenAutoFocus={(event) => {
          // What is read comes first, not whichever button happens to stand on top.
          event.preventDefault();
          if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
        }}
        {...props}
      >
        <div className={plain === true ? 'sr-only' : 'border-b border-border px-4 py-3 pr-12'}>
          <Radix.Title className="text-sm font-semibold break-words">{title}</Radix.Title>
          <Radix.Description className="mt-0.5 text-[0.8125rem] text-muted-foreground">{description}</Radix.Description>
        </div>
        {children}
        <Radix.Close asChild>
          <Button variant="ghost" size="icon" className="absolute top-2.5 right-2.5" aria-label="Close">
            <X />
          </Button>
        </Radix.Close>
      </Radix.Content>
    </Radix.Portal>
  );
}
