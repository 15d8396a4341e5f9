import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cellsFor } from '../cells.ts';
import { kindNames } from '../trial/command-kinds.ts';
import { applyMutation, readMutated } from './apply-mutation.ts';
import { type Mutation, mutations } from './mutations.ts';

const checkout = path.resolve(import.meta.dirname, '../../..');

it.each(mutations)('$id changes what is there, once, and names cells and a kind that exist', async (mutation) => {
  for (const [file, text] of await readMutated(checkout, mutation))
    expect(text).not.toBe(await readFile(path.join(checkout, file), 'utf8'));
  expect(cellsFor('postgres').some(({ id }) => id.includes(mutation.run.only))).toBe(true);
  expect(kindNames).toContain(mutation.run.kind);
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'mutation-'));
  await mkdir(path.join(directory, 'src'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('one whose text has gone, or is there twice, changes nothing at all', async () => {
  const file = path.join('src', 'guarantee.ts');
  const held = 'held = true;\nheld = true;\nfirst = 1;\n';
  await writeFile(path.join(directory, file), held);
  const mutation = (from: string): Mutation => ({
    ...{ id: 'some', without: 'it', run: { only: 'none', kind: 'silent', count: 1 } },
    changes: [
      { file, from: 'first = 1', to: 'first = 2' },
      { file, from, to: '' },
    ],
  });
  await expect(applyMutation(directory, mutation('held = true'))).rejects.toThrow(/2 times, not once/);
  await expect(applyMutation(directory, mutation('held = false'))).rejects.toThrow(/0 times, not once/);
  expect(await readFile(path.join(directory, file), 'utf8')).toBe(held);
});
