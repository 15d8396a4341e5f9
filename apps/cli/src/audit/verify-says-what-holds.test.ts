import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson } from '@sena/audit/canonical-json';
import { eventSha256, genesisHash, type SealedContent, sealHash } from '@sena/audit/chain-hash';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPieces } from './read-pieces.ts';

const organizationId = 'org_1';
const directory = mkdtempSync(join(tmpdir(), 'sena-cli-'));
const program = resolve(import.meta.dirname, '..', 'main.ts');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function recordLines(count: number, text = 'Grüße'): string[] {
  let previousHash = genesisHash;
  return Array.from({ length: count }, (_, n) => {
    const seq = n + 1;
    const event: SealedContent = {
      ...{ id: `audit_${seq}`, organizationId, at: '2026-01-01T00:00:00.000000Z', action: 'a.b', actor: 'member:m' },
      ...{
        subject: `","organizationId":"org_2","runId":${seq}`,
        runId: null,
        data: { text, organizationId: 'org_2', runId: 'r' },
      },
    };
    const hash = sealHash({ organizationId, seq, previousHash, eventSha256: eventSha256(event) });
    const line = canonicalJson({ kind: 'record', event, seq, previousHash, hash });
    previousHash = hash;
    return line;
  });
}
const header = canonicalJson({ kind: 'header', v: 1, organizationId, afterSeq: 0, exportedAt: 'now', keys: [] });
const end = (records: number) => canonicalJson({ kind: 'end', records, unsealed: 0 });
function write(name: string, lines: readonly string[]): string {
  const file = join(directory, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
/** No variable of SENA, and no file of it: it works alone. */
const sena = (...args: string[]) =>
  promisify(execFile)(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    cwd: directory,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
  );

describe('sena audit verify', () => {
  const records = recordLines(40);
  let whole: string;
  beforeAll(() => {
    whole = write('whole.ndjson', [header, ...records, end(40)]);
  });

  test('0: it holds, and it is said who has not been asked', async () => {
    const { code, text } = await sena('audit', 'verify', whole);
    expect(code, text).toBe(0);
    expect(text).toMatch(/^✔ 40 records hold/);
    expect(text).toContain('No key was given');
    expect(text).toContain('unsealed tail: 0 events');
  });

  test('1: the first record that does not hold is named, with its line', async () => {
    const edited = records.map((line, n) => (n === 16 || n === 30 ? line.replace('member:m', 'member:x') : line));
    const file = write('edited.ndjson', [header, ...edited, end(40)]);
    const { code, text } = await sena('audit', 'verify', file);
    expect(code).toBe(1);
    expect(text).toMatch(
      /^✘ Record 17 does not hold: its content is not what was sealed\.\n {2}line 18, event audit_17$/m,
    );
    const { code: again, text: json } = await sena('audit', 'verify', file, '--json');
    expect(again).toBe(1);
    expect(JSON.parse(json)).toMatchObject({ kind: 'broken', seq: 17, eventId: 'audit_17' });
  });

  test('1: also of another organization, whatever its texts say', async () => {
    const moved = records.with(
      3,
      (records[3] as string).replace(`"organizationId":"org_1"`, `"organizationId":"org_3"`),
    );
    expect(moved[3]).not.toBe(records[3]);
    expect(await sena('audit', 'verify', write('moved.ndjson', [header, ...moved, end(40)]))).toMatchObject({
      code: 1,
      text: expect.stringContaining('Record 4 does not hold: the record belongs to another organization'),
    });
  });

  test('written in another order, a line says the same', async () => {
    const loose = records.map((line) =>
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).toReversed())),
    );
    expect((await sena('audit', 'verify', write('loose.ndjson', [header, ...loose, end(40)]))).code).toBe(0);
  });

  test('2: what can not be found out', async () => {
    for (const args of [
      [join(directory, 'missing.ndjson')],
      [whole, '--checkpoint', join(directory, 'missing.json')],
      [whole, '--checkpoint', whole],
      [whole, '--key', 'SHA256:short'],
    ]) {
      const { code, text } = await sena('audit', 'verify', ...args);
      expect(code, text).toBe(2);
      expect(text).toMatch(/^✘ /);
    }
  });
}, 60_000);

test('an export of many pieces is read by several threads, and the first record that does not hold is named', async () => {
  // 24 MiB: the first eight pieces are looked at alone.
  const records = recordLines(12_000, 'Grüße'.repeat(300));
  const whole = write('many.ndjson', [header, ...records, end(records.length)]);
  const { code, text } = await sena('audit', 'verify', whole);
  expect(code, text).toBe(0);
  expect(text).toMatch(/^✔ 12,000 records hold/);
  for (const [at, later] of [
    [9_876, 9_999],
    [11_999, 11_999],
    [6_000, 11_000],
  ] as const) {
    const edited = [...records];
    for (const n of [at, later]) edited[n] = (records[n] as string).replace('member:m', 'member:x');
    expect(await sena('audit', 'verify', write('many.ndjson', [header, ...edited, end(records.length)]))).toMatchObject(
      {
        code: 1,
        text: expect.stringContaining(
          `Record ${(at + 1).toLocaleString('en')} does not hold: its content is not what was sealed.\n  line ${(at + 2).toLocaleString('en')}, event audit_${at + 1}`,
        ),
      },
    );
  }
  const missing = write('many.ndjson', [header, ...records.toSpliced(10_000, 1), end(records.length)]);
  expect(await sena('audit', 'verify', missing)).toMatchObject({
    code: 1,
    text: expect.stringContaining('Record 10,001 does not hold: record 10001 is missing'),
  });
}, 60_000);

test('lines come whole, wherever a piece of the file ends, and whatever letters they have', async () => {
  const read = async (file: string) => {
    const pieces: Buffer[] = [];
    for await (const piece of readPieces(file)) pieces.push(piece);
    return pieces;
  };
  // Three bytes a letter: a piece would end inside of one. The last line is longer than a piece.
  const lines = Array.from({ length: 40 }, (_, n) => `${n} ${'€'.repeat(n * (n === 39 ? 14_321 : 4_321))}`);
  const pieces = await read(write('long', lines));
  expect(pieces.length).toBeGreaterThan(2);
  for (const piece of pieces) expect(piece.at(-1)).toBe('\n'.charCodeAt(0));
  expect(pieces.map(String).join('')).toBe(`${lines.join('\n')}\n`);
  const open = join(directory, 'open');
  writeFileSync(open, 'one\ntwo');
  expect((await read(open)).map(String)).toEqual(['one\n', 'two']);
  writeFileSync(open, '');
  expect(await read(open)).toEqual([]);
});
