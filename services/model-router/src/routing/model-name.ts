// What a deployment's model is called: as the operator says, or the first that the vendor lists. Entered with each attempt.
// Asks the vendor for its list, at most once at a time.
import { type Provider, ProviderError } from '../providers/provider.ts';

export interface ModelName {
  /** null: the vendor has not been asked yet. */
  readonly known: string | null;
  /**
   * Resolves at once when it is known. Otherwise asks, and rejects with ProviderError (`no_model_listed` when there is
   * none) or with the signal's reason; whoever comes next asks again.
   */
  find(options: { signal: AbortSignal; timeoutMs: number }): Promise<string>;
  /** The vendor says that it has no such model: a listed one may have been replaced, a configured one stays. */
  forget(refused: string): void;
}

export function configuredModel(name: string): ModelName {
  return { known: name, find: async () => name, forget: () => undefined };
}

/** `onFound` is told each time that a name is taken from the list. */
export function firstListedModel(
  provider: Provider,
  options: { listMs: number; onFound: (name: string) => void },
): ModelName {
  let known: string | null = null;
  let asking: Promise<string> | null = null;

  /** Belongs to nobody: a caller that leaves does not end it for the others. */
  async function ask(): Promise<string> {
    try {
      const [first] = await provider.listModels({
        signal: AbortSignal.timeout(2 * options.listMs),
        timeoutMs: options.listMs,
      });
      if (first === undefined) throw new ProviderError({ kind: 'no_model_listed' });
      known = first;
      options.onFound(first);
      return first;
    } finally {
      asking = null;
    }
  }

  return {
    get known() {
      return known;
    },
    async find({ signal, timeoutMs }) {
      signal.throwIfAborted();
      if (known !== null) return known;
      asking ??= ask();
      return waitAtMost(asking, signal, timeoutMs);
    },
    forget(refused) {
      if (known === refused) known = null;
    },
  };
}

function waitAtMost<T>(work: Promise<T>, signal: AbortSignal, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    const timer = setTimeout(() => reject(new ProviderError({ kind: 'timed_out' })), timeoutMs);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    });
  });
}
