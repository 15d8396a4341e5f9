// Entered once by whoever decides by rules, at start. Reads one wasm file from the installed package and nothing else; answers
// depend on the arguments alone. What is prepared for Cedar is kept, within bounds.
import type { PolicySet } from '@cedar-policy/cedar-wasm/nodejs';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

export interface CedarEngine {
  readonly cedar: Cedar;
  /** Makes sure that Cedar holds this set, and returns the name it has there. `key` stands for its content. */
  prepare(key: string, policies: PolicySet): string;
}

/** Cedar forgets nothing that it was given by name, so that there are only so many names. */
const preparedMax = 32;

let loading: Promise<CedarEngine> | undefined;

/** Resolves to the one engine of this process. Rejects, and may be tried again, when its file is missing. */
export function loadCedar(): Promise<CedarEngine> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw new Error('The policy engine could not be loaded. Install @cedar-policy/cedar-wasm with its wasm file.', {
      cause,
    });
  });
  return loading;
}

async function load(): Promise<CedarEngine> {
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  const prepared: Array<string | undefined> = Array.from({ length: preparedMax });
  let next = 0;
  return {
    cedar,
    prepare(key, policies) {
      const held = prepared.indexOf(key);
      if (held >= 0) return setName(held);
      const place = next;
      next = (next + 1) % preparedMax;
      prepared[place] = undefined;
      const parsed = cedar.preparsePolicySet(setName(place), policies);
      if (parsed.type === 'failure') throw new Error(parsed.errors.map(({ message }) => message).join('; '));
      prepared[place] = key;
      return setName(place);
    },
  };
}

function setName(place: number): string {
  return `set ${place}`;
}
