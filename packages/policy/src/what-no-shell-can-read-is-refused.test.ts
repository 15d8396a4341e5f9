// What is refused at the ask as a syntax error is one in every shell that a command may run under; held against those shells.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is shell, not a template
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { benignDiagnostics } from './corpora/benign-diagnostics.ts';
import { bypassAttempts } from './corpora/bypass-attempts.ts';
import { allowedStatements, changingStatements, shellFragments } from './corpora/shell-fragments.ts';
import { findSyntaxError } from './reading/find-syntax-error.ts';

const shells = ['dash', 'bash', 'bash --posix', 'busybox ash'];

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-syntax-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Those of the texts that some shell reads without complaint, with its name. */
function readable(texts: readonly string[]): string[] {
  const folder = join(directory, 'texts');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${index}`), `${text}\n`);
  return shells.flatMap((shell) => {
    const { stdout, error } = spawnSync(
      '/bin/sh',
      ['-c', `for text in *; do ${shell} -n "$text" 2>/dev/null && echo "$text"; done; echo end`],
      { cwd: folder, timeout: 300_000, encoding: 'utf8' },
    );
    if (error !== undefined) throw error;
    const lines = stdout.trim().split('\n');
    expect(lines.pop()).toBe('end');
    return lines.map((index) => `${shell}: ${texts[Number(index)]}`);
  });
}

const refused: Array<[string, RegExp]> = [
  ['echo "unclosed', /^A quote is not closed; close it, then ask again\.$/],
  ["echo 'unclosed", /quote/],
  ['grep -c "x /etc/hosts; ls', /quote/],
  ['ls\necho "two lines\nmore', /quote/],
  ['echo "a" "b', /quote/],
  ['echo $(date', /`\$\(` is not closed/],
  ['echo "$(date"', /quote/],
  ['(ls; uptime', /`\(` is not closed/],
  ['ls )', /`\)` closes nothing/],
  ['if true; then ls', /`if` has no `fi`/],
  ['for x in a b; do ls $x', /`for` has no `done`/],
  ['while true; do ls; do', /`while` has no `done`/],
  ['{ ls; uptime;', /`\{` has no `\}`/],
  ['ls && if test -f a; then uptime; else w;', /`fi`/],
  ['ls | | wc', /^In front of `\|` stands no command; take it out or add one, then ask again\.$/],
  ['&& ls', /In front of `&&`/],
  ['ls; ; w', /In front of `;`/],
  ['ls & && w', /In front of `&&`/],
  ['( | ls )', /In front of `\|`/],
  ['echo "$(ls | | wc)"', /In front of `\|`/],
  ['ls |', /Behind the last `\|`/],
  ['ls &&', /Behind the last `&&`/],
  ['ls ||\n', /Behind the last `\|\|`/],
  ['ls >', /Behind `>` stands no file/],
  ['ls > | wc', /Behind `>` stands no file/],
  ['ls 2> ; w', /Behind `>` stands no file/],
  ['ls ;; ls', /`;;` belongs into `case`/],
  ['fi', /`fi` belongs to no `if`/],
  ['ls; done', /`done` belongs to no `for`/],
  ['then ls', /`then` belongs to no `if`/],
  ['do ls', /`do` belongs to no `for`/],
];

describe('is refused, and read by no shell', () => {
  test.each(refused)('%s', (text, sentence) => {
    expect(findSyntaxError(text)).toMatch(sentence);
  });
  test('in real shells', () => {
    expect(readable(refused.map(([text]) => text))).toEqual([]);
  });
});

test.each([
  'cat <<EOF\nit"s text\nEOF',
  'cat <<EOF\nnever closed',
  'case $x in a) echo "$(case y in b) echo \'"\';; esac)";; esac',
  'echo "$(case x in x) echo \'"\';; esac)"',
  'ls # it"s a comment',
  'echo a#"b"',
  'a=(1 2)',
  'f() { ls; }',
  '[[ a =~ ( ]]',
  'for x in a b; { echo $x; }',
  'echo if for {',
  'echo `date',
  'cat <<EOF\n| x\nEOF',
  'echo fi; echo done then do',
  'ls |\nwc',
  'ls &\nwc',
  'awk \'{ print "a" }\'',
])('is not certain, and stays for a person: %s', (text) => {
  expect(findSyntaxError(text)).toBeNull();
});

test('every shell is here, and reads what is right', () => {
  expect(readable(['ls'])).toEqual(shells.map((shell) => `${shell}: ls`));
});

test('nothing that people write is refused', () => {
  const texts = [...benignDiagnostics, ...allowedStatements, ...changingStatements];
  expect(texts.filter((text) => findSyntaxError(text) !== null)).toEqual([]);
});

test('what is cut off or put together at random is refused only where every shell refuses it', {
  timeout: 600_000,
}, () => {
  const written = [
    ...benignDiagnostics,
    ...bypassAttempts.map(({ attempt }) => attempt),
    ...allowedStatements,
    ...changingStatements,
  ];
  const cut = written.flatMap((text) =>
    [0.3, 0.5, 0.7, 0.9].map((part) => text.slice(0, Math.ceil(text.length * part))),
  );
  const random = fc.sample(
    fc.array(fc.constantFrom(...shellFragments, ...allowedStatements), { minLength: 1, maxLength: 10 }),
    { numRuns: 20_000, seed: 11 },
  );
  const texts = [...written, ...cut, ...random.map((parts) => parts.join(''))];
  const found = [...new Set(texts)].filter((text) => !text.includes('\0') && findSyntaxError(text) !== null);
  const quotes = found.filter((text) => findSyntaxError(text)?.includes('quote'));
  const others = found.filter((text) => !findSyntaxError(text)?.includes('quote'));
  const held = [...quotes.slice(0, 250), ...others.slice(0, 250)];
  expect(others.length).toBeGreaterThan(250);
  expect(quotes.length).toBeGreaterThan(250);
  expect(readable(held)).toEqual([]);
});
