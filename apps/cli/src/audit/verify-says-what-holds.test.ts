import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson } from '@sena/audit/canonical-json';
import { eventSha256, genesisHash, type SealedContent, sealHash } from '@sena/audit/chain-hash';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLines } from './read-lines.ts';

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

test('lines come whole, wherever a piece of the file ends, and whatever letters they have', async () => {
  // Three bytes a letter: pieces of a power of two end inside of one.
  const lines = Array.from({ length: 40 }, (_, n) => `${n} ${'€'.repeat(n * 4_321)}`);
  const read: string[] = [];
  const take = (line: string) => read.push(line) > 0;
  expect(await readLines(write('long', lines), take)).toBe(true);
  expect(read).toEqual(lines);
  const last = join(directory, 'open');
  writeFileSync(last, 'one\ntwo');
  read.length = 0;
  await readLines(last, take);
  expect(read).toEqual(['one', 'two']);
  read.length = 0;
  expect(await readLines(last, (line) => read.push(line) > 1)).toBe(false);
  expect(read).toEqual(['one']);
});
