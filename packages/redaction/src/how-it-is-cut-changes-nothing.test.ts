import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plantSecrets } from './fixtures/plant-secrets.ts';
import { redactWhole } from './fixtures/redact-whole.ts';

/** Pieces of what rules look at, of what ends them, and of what is nothing at all. */
const planted = plantSecrets(31, 200).map(({ text }) => text);
const fragment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...planted) },
  { weight: 2, arbitrary: fc.constantFrom(...planted).map((text) => text.slice(0, text.length >> 1)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '\n',
      '\r\n',
      '\0',
      ' ',
      '"',
      '\\n',
      'password=',
      'token: ',
      '://a:',
      '@',
      'ghp_',
      'é',
      '\x1b[1m',
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        'apiVersion: v1\n',
        'kind: Secret\n',
        'kind: ConfigMap\n',
        'data:\n',
        '  a: b\n',
        '- apiVersion: v1\n  data:\n',
      ],
      ...[
        '{\n  "apiVersion": "v1",\n',
        '  "data": {\n',
        '    "a": "b"\n  },\n',
        '  "kind": "Secret"\n}\n',
        '"data":{"a":"b"}',
      ],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('-----BEGIN PRIVATE KEY-----\n', 'MIIEvQ\n', '-----END PRIVATE KEY-----\n') },
);
const outputs = fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join(''));
const bytes = fc.oneof(
  { weight: 4, arbitrary: outputs.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array)) },
);

test('the same bytes are masked, however they arrive, and every other byte stays', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, fc.array(fc.nat(4_000), { maxLength: 12 }), async (whole, cuts) => {
      const once = await redactWhole(whole);
      const inPieces = await redactWhole(whole, cuts);
      expect(inPieces.shown.equals(once.shown)).toBe(true);
      expect(once.raw.equals(whole)).toBe(true);
      expect(inPieces.raw.equals(whole)).toBe(true);
      const masked = Buffer.from(whole);
      for (const { start, end } of once.spans) masked.fill('*', start, end);
      expect(once.shown.equals(masked)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('byte by byte too', async () => {
  const text = plantSecrets(5, 130)
    .map((secret) => secret.text)
    .join('x y z\n');
  const once = await redactWhole(text);
  const cuts = Array.from({ length: text.length }, (_, at) => at);
  expect((await redactWhole(text, cuts)).shown.equals(once.shown)).toBe(true);
});

test('what is masked stays as it is when it is masked again', async () => {
  const text = plantSecrets(6, 130)
    .map((secret) => secret.text)
    .join('');
  const once = await redactWhole(text);
  const again = await redactWhole(once.shown);
  expect(again.spans).toEqual([]);
});

/** No line end for a long time: each secret stands somewhere in it, also where parts meet. */
test.each([65_536 - 20, 65_536 + 8_192 - 20, 100_000, 131_072 - 10, 300_000])(
  'a secret at byte %i of a line is masked, however the line arrives',
  async (at) => {
    const secret = ['gh', 'p_', 'a1B2'.repeat(9)].join('');
    const line = `${'lorem ipsum '.repeat(40_000).slice(0, at)} ${secret} password=Tr0ub4dor&3 ${'dolor sit '.repeat(20_000)}`;
    for (const [text, cuts] of [
      [`${line}\nnext\n`, []],
      [`first\n${line}`, [10, 4_000, 66_000, 70_000, 140_000]],
      [`${line}\n${line}\n`, Array.from({ length: 40 }, (_, index) => index * 20_011)],
    ] as const) {
      const whole = Buffer.from(text);
      const { shown, raw } = await redactWhole(whole, cuts);
      expect(raw.equals(whole)).toBe(true);
      expect(shown.includes(secret)).toBe(false);
      expect(shown.includes('Tr0ub4dor&3')).toBe(false);
      expect(shown.equals((await redactWhole(whole)).shown)).toBe(true);
    }
  },
);

test('a secret that the limit cuts is masked up to the limit', async () => {
  const secret = ['gh', 'p_', 'a1B2'.repeat(9)].join('');
  const text = `token ${secret} end\n`;
  for (let keepBytes = 1; keepBytes <= text.length; keepBytes += 1) {
    const { shown, spans } = await redactWhole(text, [5, 20], undefined, { keepBytes });
    const kept = text.replace(secret, '*'.repeat(secret.length)).slice(0, keepBytes);
    expect(shown.toString()).toBe(kept);
    expect(spans.every(({ end }) => end <= keepBytes)).toBe(true);
  }
});
