// How reports wait for others before they leave the satellite, so that a message carries many. Entered by the outbox. Holds entries for a
// time that is bounded; what becomes of them then is the outbox's.

/** What waits for company, at most `waitMs` from the first. */
export function createGathering<Entry>(waitMs: number, release: (entries: Entry[]) => void) {
  const waiting = new Set<Entry>();
  let timer: NodeJS.Timeout | null = null;
  const take = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const taken = [...waiting];
    waiting.clear();
    return taken;
  };
  return {
    add(entry: Entry): void {
      waiting.add(entry);
      timer ??= setTimeout(() => release(take()), waitMs);
    },
    delete: (entry: Entry) => waiting.delete(entry),
    take,
  };
}

/** Each waits its time: a tick releases those that the tick before found. Of a fan-out that never pauses most would else be told as they begin. */
export function createDelayLine<Entry>(waitMs: number, release: (entries: Entry[]) => void) {
  let older = new Set<Entry>();
  let newer = new Set<Entry>();
  let isTicking = false;
  const tick = () => {
    const waited = older;
    older = newer;
    newer = new Set();
    isTicking = older.size > 0;
    if (isTicking) setTimeout(tick, waitMs);
    release([...waited]);
  };
  return {
    add(entry: Entry): void {
      if (older.has(entry)) return;
      newer.add(entry);
      if (isTicking) return;
      isTicking = true;
      setTimeout(tick, waitMs);
    },
    delete(entry: Entry): void {
      older.delete(entry);
      newer.delete(entry);
    },
  };
}
