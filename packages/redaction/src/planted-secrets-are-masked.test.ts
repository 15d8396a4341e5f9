import { describe, expect, test } from 'vitest';
import { createRandom, plantedKinds, plantSecrets } from './fixtures/plant-secrets.ts';
import { redactWhole } from './fixtures/redact-whole.ts';

describe.each(Object.entries(plantedKinds))('%s', (_kind, plant) => {
  test('is masked, twenty times', async () => {
    const random = createRandom(11);
    for (let index = 0; index < 20; index += 1) {
      const { parts, text } = plant(random);
      const { shown, unjudged } = await redactWhole(text);
      expect(unjudged).toEqual([]);
      expect(shown).toHaveLength(Buffer.byteLength(text));
      for (const part of [parts].flat()) expect(shown.toString(), text).not.toContain(part);
    }
  });
});

test('five hundred in one stream, and what stands around them stays', async () => {
  const planted = plantSecrets(7, 500);
  const text = planted.map((secret) => secret.text).join('');
  const { shown, raw, spans } = await redactWhole(text);
  const visible = shown.toString();
  for (const { kind, parts } of planted) for (const part of parts) expect(visible, kind).not.toContain(part);
  expect(raw.toString()).toBe(text);
  // Masking is the only difference, and the spans say where it is.
  const masked = Buffer.from(text);
  for (const { start, end } of spans) masked.fill('*', start, end);
  expect(shown.equals(masked)).toBe(true);
  expect(visible.split('\n')).toHaveLength(text.split('\n').length);
});
