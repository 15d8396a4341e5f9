// The measure of a page: its width, its title, what can be done on it.
import { classNames } from '@sena/ui/class-names';
import type { ReactNode } from 'react';

interface PageProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Page({ title, description, actions, className, children }: PageProps) {
  return (
    <div className={classNames('mx-auto flex w-full max-w-6xl flex-col gap-5 px-4 py-6 md:px-8 md:py-8', className)}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
          {description !== undefined && (
            <p className="mt-1 max-w-2xl text-sm text-pretty text-muted-foreground">{description}</p>
          )}
        </div>
        {actions !== undefined && actions !== false && (
          <div className="flex flex-wrap items-center gap-2">{actions}</div>
        )}
      </div>
      {children}
    </div>
  );
}
