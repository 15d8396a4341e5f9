// W3C trace context (https://www.w3.org/TR/trace-context/): made once at the edge, carried through jobs, frames and envelopes.
// Pure.
import { randomBytes } from 'node:crypto';

const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Accepts a caller's `traceparent` when it is valid, otherwise starts a trace. */
export function traceparentFrom(header: string | null | undefined): string {
  return header && isTraceparent(header)
    ? header
    : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The same trace, a new span: for each hop. */
export function childTraceparent(parent: string | null): string {
  const match = parent === null ? null : pattern.exec(parent);
  if (!match) return traceparentFrom(null);
  return `00-${match[1]}-${randomBytes(8).toString('hex')}-${match[3]}`;
}

export function traceIdOf(traceparent: string | null): string | null {
  return traceparent === null ? null : (pattern.exec(traceparent)?.[1] ?? null);
}

function isTraceparent(value: string): boolean {
  const match = pattern.exec(value);
  return match !== null && !/^0+$/.test(match[1] ?? '') && !/^0+$/.test(match[2] ?? '');
}
