// Nothing here yet: says what would be, and what to do next.
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  className?: string;
}

export function EmptyState({ icon, title, children, action, className }: EmptyStateProps) {
  return (
    <div className={classNames('flex flex-col items-center px-6 py-12 text-center', className)}>
      <div aria-hidden className="rounded-xl border border-border bg-muted p-2.5 text-muted-foreground [&_svg]:size-5">
        {icon}
      </div>
      <h3 className="mt-3 text-sm font-semibold">{title}</h3>
      <div className="mt-1 max-w-md text-sm text-pretty text-muted-foreground">{children}</div>
      {action !== undefined && action !== false && (
        <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>
      )}
    </div>
  );
}
