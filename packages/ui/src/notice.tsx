// Something that a person has to know now, in the flow of the page: what happened and what to do.
import { CircleAlert, CircleCheck, CircleHelp, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

const looks = {
  info: { icon: Info, classes: 'border-primary/25 bg-primary-soft', ink: 'text-primary' },
  success: { icon: CircleCheck, classes: 'border-success/25 bg-success-soft', ink: 'text-success' },
  warning: { icon: TriangleAlert, classes: 'border-warning/30 bg-warning-soft', ink: 'text-warning' },
  danger: { icon: CircleAlert, classes: 'border-danger/25 bg-danger-soft', ink: 'text-danger' },
  unknown: { icon: CircleHelp, classes: 'border-unknown/25 bg-unknown-soft', ink: 'text-unknown' },
} as const;

interface NoticeProps {
  tone: keyof typeof looks;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
  /** `alert` interrupts a screen reader, `status` waits its turn. */
  role?: 'alert' | 'status';
}

export function Notice({ tone, title, children, action, className, role }: NoticeProps) {
  const { icon: Icon, classes, ink } = looks[tone];
  return (
    <div role={role} className={classNames('flex gap-3 rounded-lg border px-3.5 py-3', classes, className)}>
      <Icon aria-hidden className={classNames('mt-0.5 size-4 shrink-0', ink)} />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-medium">{title}</p>
        {children !== undefined && <div className="mt-0.5 text-sm break-words text-foreground/80">{children}</div>}
      </div>
      {action !== undefined && <div className="flex shrink-0 items-center gap-2">{action}</div>}
    </div>
  );
}
