// What a node prints is anything. Lines made to be slow for patterns take no longer than their length allows.
import { expect, test } from 'vitest';
import { createRandom, plantedKinds } from './fixtures/plant-secrets.ts';
import { redactWhole } from './fixtures/redact-whole.ts';

const key = ['-----BEGIN ', 'PRIVATE KEY-----'].join('');
const lengths = 60_000;
const lines: Record<string, string> = {
  'names without values': 'password token secret api_key '.repeat(2_000),
  'names with little values': 'password=,;token:,;'.repeat(3_000),
  'blanks behind a name': `password${' '.repeat(lengths)}=x`,
  'blanks in quotes': `password="${' '.repeat(3_000)}" `.repeat(20),
  'quotes that never end': `password="${'\\"'.repeat(25_000)}`,
  'addresses without an end': `://${'a:'.repeat(25_000)}`,
  'many addresses': '://a:b'.repeat(10_000),
  'token beginnings': 'eyJ'.repeat(20_000),
  'token beginnings with dots': 'eyJaaaaaaaa.'.repeat(5_000),
  flags: '--password --token '.repeat(3_000),
  programs: 'mysql redis-cli ldapsearch curl '.repeat(1_800),
  cookies: `Cookie: ${'a'.repeat(255)}`.repeat(200),
  elements: '<a.password '.repeat(5_000),
  'a key in one line': `${key}${'A'.repeat(lengths)}`,
  'key beginnings': key.repeat(2_000),
  'base64 within a key': `${key}\n${'A'.repeat(lengths)}!\n${'=A'.repeat(lengths / 2)}\n${' '.repeat(lengths)}`,
  'encoded key beginnings': 'LS0tLS1CRUdJTi'.repeat(4_000),
  'objects in one line': `{"apiVersion":"v1","data":{`.repeat(2_400),
  'kinds in one line': `"kind":"Secret","data":{"a":"b"}`.repeat(1_900),
  'quotes of an object': `{"kind":"Secret","data":{"a":"${'\\"'.repeat(30_000)}`,
  'objects within objects': Array.from(
    { length: 300 },
    (_, n) => `${' '.repeat(n)}apiVersion: v1\n${' '.repeat(n)}data:`,
  ).join('\n'),
  'an object and a long name': `apiVersion: v1\ndata:\n  ${'a'.repeat(lengths)}\n  ${'- '.repeat(lengths / 2)}\n  a: "${' '.repeat(lengths)}`,
  'an object of many lines': `apiVersion: v1\ndata:\n${'  a: b\n'.repeat(8_000)}`,
  hashes: '$6$'.repeat(20_000),
  'vendor prefixes': 'ghp_ sk-ant- npm_ xoxb- SG. glpat- mongodb:// mysql:// postgres:// _authToken='.repeat(700),
};

test.each(Object.entries(lines))('%s', async (_name, line) => {
  await redactWhole(`${line}\n`);
  const startedAt = process.cpuUsage();
  await redactWhole(`${line}\n`);
  const { user, system } = process.cpuUsage(startedAt);
  // 60 KB: a pattern that takes the square needs many seconds.
  expect((user + system) / 1_000).toBeLessThan(1_500);
});

test('a line of nothing but secrets', async () => {
  const random = createRandom(3);
  const kinds = Object.values(plantedKinds);
  const line = Array.from({ length: 600 }, (_, index) => kinds[index % kinds.length]?.(random).text.trim()).join(' ');
  const startedAt = process.cpuUsage();
  await redactWhole(`${line.replaceAll('\n', ' ')}\n`);
  expect(process.cpuUsage(startedAt).user / 1_000).toBeLessThan(3_000);
});
