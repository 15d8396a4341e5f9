// The shape of what is coming. Hidden from screen readers: the region that loads says so itself.
import { classNames } from './class-names.ts';

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classNames('animate-pulse rounded-md bg-muted', className)} />;
}
