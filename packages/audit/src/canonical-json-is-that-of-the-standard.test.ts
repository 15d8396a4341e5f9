import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '\ud83d\ude00', '\u2028', '\u007f', '"\\', 'é'),
);
const number = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 1e21, 5e-324, 0.1),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    ...[text, number, fc.boolean(), fc.constant(null)],
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}));

test('what the library writes, for 5,000 values of all shapes', () => {
  fc.assert(
    fc.property(value, (each) => {
      const wasJson = JSON.parse(JSON.stringify(each)) as unknown;
      expect(canonicalJson(wasJson)).toBe(canonicalize(wasJson));
    }),
    { numRuns: 5_000 },
  );
});

test('the order of keys, and how it was written, make no difference', () => {
  expect(canonicalJson(JSON.parse('{"b": 1.0, "a": [1e2, "\\u00e4"], "\\ud83d\\ude00": null, "\\ufb33": true}'))).toBe(
    '{"a":[100,"\u00e4"],"b":1,"\ud83d\ude00":null,"\ufb33":true}',
  );
});

describe('what JSON can not hold', () => {
  test.each([[undefined], [Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1]])('%s is refused', (each) => {
    expect(() => canonicalJson({ each })).toThrow(/no canonical form/);
  });
});
