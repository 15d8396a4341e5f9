import { beforeAll, expect, test } from 'vitest';
import { benignDiagnostics } from './corpora/benign-diagnostics.ts';
import { evaluateCommand } from './evaluate-command.ts';
import { loadBashParser, type ShellParser } from './load-bash-parser.ts';
import { findSyntaxError } from './reading/find-syntax-error.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
  for (const command of benignDiagnostics) evaluateCommand(parser, command);
});

function elapsedMs(command: string, judge = (text: string): unknown => evaluateCommand(parser, text)): number {
  // Of this process alone: others may be at work on the machine.
  const before = process.cpuUsage();
  judge(command);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

test('a diagnostic is judged in less than a millisecond, as a rule', () => {
  const times = [...benignDiagnostics, ...benignDiagnostics].map((command) => elapsedMs(command)).sort((a, b) => a - b);
  expect(times[Math.floor(times.length / 2)]).toBeLessThan(1);
});

const full = (piece: string, suffix = '') => piece.repeat(Math.floor((16_384 - suffix.length) / piece.length)) + suffix;
const chain = Array.from({ length: 600 }, (_, index) => `v${index}=$v${index + 1}$v${index + 1}`).join(';');

test.each([
  ['many commands', full('ls; ')],
  ['deep substitutions', full('echo "$(')],
  ['deep arithmetic', full('echo $((1+')],
  ['open parentheses', full('(')],
  ['open conditions', full('if ')],
  ['a path of globs', full('*a/', 'cat ')],
  ['paths with globs', full('cat /v*/l*/a*/b*/c*; ')],
  ['a variable of itself', full('x=$x$x; ', 'cat "$x"')],
  ['a chain of variables', `${chain}; cat "$v0"`],
  ['many alternatives', `for i in a b c d e f g h; do ${full('ls $i$i$i; ').slice(0, 15_000)}done`],
  ['a long awk program', `awk '${full('/a/b').slice(0, 16_000)}'`],
  ['a long sed script', `sed '${full('s/[a/b/;').slice(0, 16_000)}'`],
  ['alternatives that never close', full('{a,')],
  ['a pipe without end', full('a|')],
  ['jobs without end', full('a&')],
  ['negations without end', full('! ')],
  ['programs run on what is found', `find /sys/class/thermal ${full("-exec cat {} ';' ").slice(0, 16_000)}`],
  ['places that are searched', `find ${full('/sys/class/hwmon ').slice(0, 16_000)}-exec cat {} ';'`],
  ['many searches', full("find /sys/a /sys/b /sys/c /sys/d -exec cat {} ';' -exec cat {} ';' -exec cat {} ';';")],
  ['many searches at once', full('find /sys/a /sys/b /sys/c /sys/d -exec cat {} +;')],
  ['a pipe through xargs', full('xargs ls | ', 'ls')],
  ['many ranges', `ls ${full('{1..9}').slice(0, 16_000)}`],
])('%s, as long as a command may be, are judged within a second', (_, command) => {
  expect(elapsedMs(command)).toBeLessThan(1_000);
});

test.each(['if ', 'while ', '! ', '{ ', 'if ! '])('whether a shell can read many "%s" is known at once', (piece) => {
  findSyntaxError(full(piece));
  expect(elapsedMs(full(piece), findSyntaxError)).toBeLessThan(60);
});

test('a text that the grammar gives up on leaves nothing behind for the next one', () => {
  expect(evaluateCommand(parser, full('a|'))).toMatchObject({ decision: 'require_approval' });
  expect(evaluateCommand(parser, 'ls /srv | sort')).toMatchObject({ decision: 'allow' });
});

test('a text of real length is judged in full', () => {
  const script = full('grep -E "x.*y" /var/log/syslog | sort | uniq -c | head -5; ');
  expect(evaluateCommand(parser, script)).toMatchObject({ decision: 'allow' });
});

test('longer text is not judged', () => {
  expect(evaluateCommand(parser, `ls ${'a'.repeat(16_384)}`)).toMatchObject({ decision: 'require_approval' });
});
