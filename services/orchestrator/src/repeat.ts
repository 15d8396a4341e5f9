// Does something again and again, never twice at once, until it is stopped. Errors are logged and the next turn tries again.
import type { Logger } from '@sena/telemetry/logger';

export interface Repetition {
  /** Resolves when the turn under way has ended. */
  stop(): Promise<void>;
}

export function repeat(name: string, everyMs: number, logger: Logger, work: () => Promise<unknown>): Repetition {
  let isStopped = false;
  let wake: () => void = () => undefined;
  const done = (async () => {
    while (!isStopped) {
      try {
        await work();
      } catch (error) {
        logger.error({ err: error }, `${name} failed, it is tried again`);
      }
      if (isStopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  return {
    stop() {
      isStopped = true;
      wake();
      return done;
    },
  };
}
