// "4 min ago", with the exact time on hover.
'use client';
import { formatAgo, formatExact } from './format-time.ts';
import { useNow } from './use-now.ts';

export function Ago({ at }: { at: string }) {
  const nowMs = useNow(30_000);
  return (
    <time dateTime={at} title={formatExact(at)} className="whitespace-nowrap">
      {formatAgo(at, nowMs)}
    </time>
  );
}
