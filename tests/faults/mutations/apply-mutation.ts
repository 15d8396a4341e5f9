// One guarantee is taken out of a checkout. Entered by mutations/main.ts with a copy, and by the test that reads. Writes files of `checkout` only.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Mutation } from './mutations.ts';

export async function applyMutation(checkout: string, mutation: Mutation): Promise<void> {
  for (const [file, text] of await readMutated(checkout, mutation)) await writeFile(path.join(checkout, file), text);
}

/** What its files would hold. Throws when a text is not there exactly once: the product has changed, and so must the mutation. */
export async function readMutated(checkout: string, { id, changes }: Mutation): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const { file, from, to } of changes) {
    const text = texts.get(file) ?? (await readFile(path.join(checkout, file), 'utf8'));
    const times = text.split(from).length - 1;
    if (times !== 1)
      throw new Error(`${id}: ${file} holds this text ${times} times, not once. Correct the mutation:\n${from}`);
    texts.set(
      file,
      text.replace(from, () => to),
    );
  }
  return texts;
}
