// Values that programs trip over, for any place. Pure.
import type { SeededRandom } from '../../faults/seeded-random.ts';

/** Text of JSON as it stands: what no value of ours is written as. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const strings: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\ud800\ud800',
  '\u202eevil\u202c',
  '\u2066\u2069\u200b\ufeff',
  'e\u0301'.repeat(50),
  '\u{1f469}\u200d\u{1f4bb}',
  '\u001b[2J\u001b]0;x\u0007',
  '\r\nSet-Cookie: a=b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  "'; drop table runs; --",
  '$(id)',
  '{{7*7}}',
  '%00%ff%2e%2e',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  'NaN',
  'null',
  'true',
  '-1',
  '1e309',
  '0x10',
  '9007199254740993',
  '2026-02-30T25:61:61Z',
  '9999-12-31T23:59:59.999999999Z',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '0000-01-01T00:00:00+23:59',
  'env=*,,==!=,(',
  '*',
  '{"a":1}',
  '[]',
  '\\',
  '"',
  'a'.repeat(63),
  'a'.repeat(256),
  '\u00e9'.repeat(1_000),
];
const numbers: readonly number[] = [
  0,
  -0,
  -1,
  1,
  0.5,
  127,
  128,
  255,
  256,
  32_767,
  32_768,
  65_535,
  65_536,
  2_147_483_647,
  2_147_483_648,
  -2_147_483_649,
  4_294_967_296,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 2,
  -Number.MAX_SAFE_INTEGER,
  9.3e18,
  1e300,
  Number.MIN_VALUE,
];

export function hostileString(random: SeededRandom): string {
  if (random.chance(0.03)) return random.pick(['a', '\u{10ffff}', '(', '[', '-']).repeat(random.between(2_000, 40_000));
  return random.pick(strings);
}

export function hostileNumber(random: SeededRandom): number {
  return random.pick(numbers);
}

/** Nothing here is deeper or longer than a message may be; what is too large is made by those who send. */
export function hostileValue(random: SeededRandom): unknown {
  switch (random.between(0, 9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
    case 3:
      return hostileNumber(random);
    case 4:
      return nested(random.between(2, 60));
    case 5:
      return Array.from({ length: random.pick([0, 1, 17, 1_001, 20_001]) }, () => 0);
    case 6:
      return Object.fromEntries(Array.from({ length: random.pick([0, 1, 50]) }, (_, index) => [`k${index}`, index]));
    default:
      return hostileString(random);
  }
}

function nested(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

export const hostileKeys: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'length',
  '',
  'a\0b',
  '\ud800',
  'unknown',
];
