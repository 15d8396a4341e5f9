import { beforeAll, expect, test } from 'vitest';
import { evaluateCommand } from '../evaluate-command.ts';
import { loadBashParser, type ShellParser } from '../load-bash-parser.ts';
import { findForbiddenVariable } from './judge-environment.ts';

let parser: ShellParser;
beforeAll(async () => {
  parser = await loadBashParser();
});

const reading = 'systemctl status nginx';

test.each([
  [{}],
  [{ LANG: 'C' }],
  [{ LC_ALL: 'en_US.UTF-8', LANG: 'de_DE@euro', LC_TIME: 'C.UTF-8', LC_MESSAGES: 'POSIX', LC_CTYPE: '' }],
  [{ TZ: 'America/Argentina/Buenos_Aires' }],
  [{ TERM: 'xterm-256color', COLUMNS: '200', LINES: '50', NO_COLOR: '1' }],
  [{ SYSTEMD_PAGER: '', PAGER: 'cat', SYSTEMD_COLORS: '0' }],
])('%o changes how an answer looks', (environment: Record<string, string>) => {
  expect(evaluateCommand(parser, reading, environment)).toEqual(evaluateCommand(parser, reading));
  expect(evaluateCommand(parser, reading, environment).decision).toBe('allow');
});

test.each([
  ['SYSTEMD_PAGER', 'sh -c id'],
  ['SYSTEMD_LESS', '+!id'],
  ['PAGER', 'less'],
  ['MANPAGER', 'cat'],
  ['LESSOPEN', '|id'],
  ['LESS', '+!id'],
  ['GCONV_PATH', '/tmp/x'],
  ['LOCPATH', '/tmp/x'],
  ['NLSPATH', '/tmp/x'],
  ['PERL5OPT', '-Mx'],
  ['PERL5LIB', '/tmp/x'],
  ['PYTHONPATH', '/tmp/x'],
  ['PYTHONSTARTUP', '/tmp/x'],
  ['RUBYOPT', '-rx'],
  ['NODE_OPTIONS', '--require /tmp/x'],
  ['JAVA_TOOL_OPTIONS', '-javaagent:x'],
  ['TERMINFO', '/tmp/x'],
  ['HOME', '/tmp/x'],
  ['XDG_CONFIG_HOME', '/tmp/x'],
  ['OPENSSL_CONF', '/tmp/x'],
  ['DOCKER_HOST', 'tcp://10.0.0.1'],
  ['http_proxy', 'http://10.0.0.1'],
  ['GREP_OPTIONS', '-f/etc/shadow'],
  ['TZ', ':/tmp/x'],
  ['TZ', '../../tmp/x'],
  ['TZ', '/etc/shadow'],
  ['TZ', 'Europe/../../x'],
  ['TERM', '../x'],
  ['TERM', 'a/b'],
  ['LANG', '/tmp/x'],
  ['LANG', '..'],
  ['LC_ALL', 'C\nx'],
  ['LC_EVIL', 'C'],
  ['COLUMNS', '$(id)'],
  ['constructor', 'x'],
])('%s=%s needs an approval, and the reason names it', (name, value) => {
  const judged = evaluateCommand(parser, reading, { LANG: 'C', [name]: value });
  expect(judged).toMatchObject({
    decision: 'require_approval',
    reasons: [`needs approval because it sets \`${name}\`, which may change what programs do`],
    // The shell is that of the text, whatever is set.
    shell: evaluateCommand(parser, reading).shell,
  });
  expect(judged.effects.filter(({ kind }) => kind === 'unknown')).toMatchObject([{ call: { understood: false } }]);
  // In front of the command it is the same.
  if (/^[A-Z]/.test(name) && !/[\n$]/.test(value))
    expect(evaluateCommand(parser, `${name}='${value}' ls`).decision).toBe('require_approval');
});

test('it is told of text that can not be read too, and of every variable', () => {
  for (const text of ['echo "$(', 'ls \u202e', 'rm -rf /tmp/x'])
    expect(evaluateCommand(parser, text, { GCONV_PATH: '/x', PERL5OPT: '-Mx' }).reasons.join()).toMatch(
      /`GCONV_PATH`.*`PERL5OPT`/,
    );
});

test('what would run other programs than were approved is named', () => {
  for (const name of ['PATH', 'LD_PRELOAD', 'LD_AUDIT', 'BASH_ENV', 'ENV', 'IFS', 'SHELLOPTS', 'DYLD_INSERT_LIBRARIES'])
    expect(findForbiddenVariable({ LANG: 'C', [name]: 'x' })).toBe(name);
  expect(findForbiddenVariable({ LANG: 'C', GREETING: 'x' })).toBeUndefined();
});
