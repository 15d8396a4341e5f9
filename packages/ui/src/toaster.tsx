// Short messages in the corner, read out by screen readers. Anything that must not be missed belongs in the page.
'use client';
import { useTheme } from 'next-themes';
import { Toaster as Sonner, toast } from 'sonner';

export function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
      position="bottom-right"
      closeButton
      toastOptions={{
        classNames: {
          toast: '!rounded-lg !border-border !bg-surface-raised !text-foreground !shadow-float !font-sans',
          description: '!text-muted-foreground',
        },
      }}
    />
  );
}

/** Something that a person asked for has happened. */
export function notifyDone(title: string, description?: string): void {
  toast.success(title, { description });
}

/** Something that a person asked for has not happened: what, and what to do. */
export function notifyFailed(title: string, description: string): void {
  toast.error(title, { description, duration: 10_000 });
}
