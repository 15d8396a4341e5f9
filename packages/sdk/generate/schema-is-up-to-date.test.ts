// The committed types are those of the committed document: a changed route without `pnpm generate` fails here.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generateSchema } from './generate-schema.ts';

test('src/schema.ts is what openapi.json says', async () => {
  const document = JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8'));
  const committed = await readFile(new URL('../src/schema.ts', import.meta.url), 'utf8');
  expect(await generateSchema(document), 'run: pnpm --filter @sena/sdk generate').toBe(committed);
});
