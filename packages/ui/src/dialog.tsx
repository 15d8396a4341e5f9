// A question or a small task over the page. Focus stays inside, Escape leaves, and the way back is the button it came from.
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';

export const Dialog = Radix.Root;
export const DialogClose = Radix.Close;

interface DialogContentProps extends Omit<ComponentProps<typeof Radix.Content>, 'title'> {
  title: ReactNode;
  description: ReactNode;
}

export function DialogContent({ className, title, description, children, ...props }: DialogContentProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-50 bg-black/45 data-[state=open]:animate-in data-[state=open]:fade-in-0" />
      <Radix.Content
        className={classNames(
          'fixed top-[8vh] left-1/2 z-50 flex max-h-[84vh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 flex-col gap-4 scroll-pb-20 overflow-y-auto rounded-xl border border-border bg-surface-raised p-5 shadow-float outline-none data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=open]:zoom-in-98',
          className,
        )}
        tabIndex={-1}
        onOpenAutoFocus={(event) => {
          // What is to be filled in comes first; where nothing is, the dialog itself, not the button that leaves it.
          event.preventDefault();
          if (!(event.currentTarget instanceof HTMLElement)) return;
          const field = event.currentTarget.querySelector<HTMLElement>('input, textarea, [role="combobox"]');
          (field ?? event.currentTarget).focus();
        }}
        {...props}
      >
        <div className="pr-8">
          <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
          <Radix.Description className="mt-1 text-sm text-muted-foreground">{description}</Radix.Description>
        </div>
        {children}
        <Radix.Close asChild>
          <Button variant="ghost" size="icon" className="absolute top-3 right-3" aria-label="Close">
            <X />
          </Button>
        </Radix.Close>
      </Radix.Content>
    </Radix.Portal>
  );
}

/** Stays in sight, with room below it, however far what stands above has to be scrolled; that fades before it reaches the edge. */
export function DialogFooter({ className, ...props }: ComponentProps<'div'>) {
  return (
    <div
      className={classNames(
        'sticky -bottom-5 -mx-5 -mb-5 flex flex-wrap justify-end gap-2 border-t border-border bg-surface-raised px-5 py-3.5',
        'before:pointer-events-none before:absolute before:inset-x-0 before:bottom-[calc(100%+1px)] before:h-4 before:bg-linear-to-t before:from-surface-raised before:to-transparent',
        className,
      )}
      {...props}
    />
  );
}
