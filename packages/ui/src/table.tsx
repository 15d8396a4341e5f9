// The parts of a table. It scrolls sideways by itself, so that the page never does.
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';

export function Table({ className, label, ...props }: ComponentProps<'table'> & { label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label={label} tabIndex={0} className="relative w-full overflow-x-auto rounded-[inherit]">
      <table className={classNames('w-full border-collapse text-sm', className)} {...props} />
    </section>
  );
}

export function TableHead({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={classNames(
        'h-9 border-b border-border px-3 text-left text-xs font-medium whitespace-nowrap text-muted-foreground first:pl-4 last:pr-4',
        className,
      )}
      {...props}
    />
  );
}

export function TableRow({ className, ...props }: ComponentProps<'tr'>) {
  return (
    <tr className={classNames('border-b border-border/70 last:border-0 hover:bg-muted/50', className)} {...props} />
  );
}

export function TableCell({ className, ...props }: ComponentProps<'td'>) {
  return <td className={classNames('px-3 py-2 align-middle first:pl-4 last:pr-4', className)} {...props} />;
}
