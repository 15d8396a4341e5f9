// How long a process that ended by itself stays down. Asked by superviseProcess after each end.
// Pure.

export const firstDelayMs = 500;
export const longestDelayMs = 30_000;
/** Who was ready for this long is healthy again: the next delay starts from the beginning. */
export const healthyAfterMs = 60_000;

/** `previousDelayMs` null: it has not failed yet. `readyForMs` null: it never became ready. */
export function restartDelay(previousDelayMs: number | null, readyForMs: number | null): number {
  if (previousDelayMs === null) return firstDelayMs;
  if (readyForMs !== null && readyForMs >= healthyAfterMs) return firstDelayMs;
  return Math.min(previousDelayMs * 2, longestDelayMs);
}
