// The names in a vendor's list of models, in its order. Pure.
import { z } from 'zod';
import { ProviderError } from '../provider.ts';

/** Ollama without a model says null. */
const listSchema = z.object({ data: z.array(z.object({ id: z.string().min(1) })).nullable() });

/** Throws ProviderError `bad_answer` for anything else. */
export function readModelList(list: unknown): string[] {
  const parsed = listSchema.safeParse(list);
  if (!parsed.success) throw new ProviderError({ kind: 'bad_answer' }, { cause: parsed.error });
  return (parsed.data.data ?? []).map((model) => model.id);
}
