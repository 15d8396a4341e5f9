// Says what takes long while it takes long. Entered by ensureToolchain.
// Writes lines through the log it is given, nothing else.

/**
 * @param {(line: string) => void} log
 * @returns {<T>(title: string, work: () => Promise<T>, usual?: string) => Promise<T>} A step that is over within a second stays silent.
 *   `usual`: how long it usually takes, as people say it; said while it takes.
 */
export function showProgress(log) {
  return async (title, work, usual) => {
    const startedAt = performance.now();
    const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
    const first = setTimeout(() => log(`… ${title}${usual === undefined ? '' : ` (${usual})`}`), 1_000);
    const again = setInterval(() => log(`… ${title}, ${seconds()} s so far`), 15_000);
    try {
      const result = await work();
      if (performance.now() - startedAt >= 1_000) log(`✔ ${title} (${seconds()} s)`);
      return result;
    } finally {
      clearTimeout(first);
      clearInterval(again);
    }
  };
}
