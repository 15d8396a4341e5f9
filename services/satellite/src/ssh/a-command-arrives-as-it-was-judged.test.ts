// What is sent to a node, under the shells that logins have, in each of its forms: the command runs as `<shell> -c <text>`, whatever is in it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@sena/testing/find-program';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandText, fixedPath } from './command-text.ts';
import { type LoginShell, readLoginShell } from './learn-login-shell.ts';
import { readOneProgram } from './one-program.ts';
import { createStartMarkFilter } from './start-mark-filter.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-login-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const mark = 'abc123';
const environment = { GREETING: "it's \\ me!", LINES: '24' };

/** As sshd does it: `<login shell> -c <text>`, an environment of its own, a process group of its own. */
async function logInAndRun(
  login: string,
  form: LoginShell,
  command: string,
  { shell = 'sh', isReading = false }: { shell?: 'sh' | 'bash'; isReading?: boolean } = {},
) {
  const program = join(directory, login);
  const { text, startMark } = commandText(shell, command, environment, 'tester', { mark, loginShell: form, isReading });
  const child = spawn(program, ['-c', text], {
    env: { HOME: '/srv/home', SHELL: program, SECRET: 'of the login', PATH: '/nowhere' },
    detached: true,
    // What comes over the connection is not the command's input.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write('not for the command\n');
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const filter = createStartMarkFilter(startMark);
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(filter.push(chunk)));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  err.push(filter.end());
  return {
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
    code,
    signal,
    announced: filter.processId(),
    pid: child.pid,
    loginShell: readLoginShell(filter.said()),
  };
}

const texts = [
  `it's "quoted" $HOME \`x\``,
  'a!b !! \\! \\\\ \\n %s %d',
  'two\nlines\tand a tab',
  'späte Grüße 🚀',
  `\${#2} $1 $# $0`,
  ';|&<>(){}[]*?~#',
];

describe.each([
  ['bash', 'bash'],
  ['dash', 'dash'],
  ['ash', 'busybox'],
] as const)('behind %s', (login, program) => {
  beforeAll(async () => {
    // busybox is the shell by whose name it is called.
    symlinkSync(await findProgram([program], program), join(directory, login));
  });

  describe.each(['unheard', 'posix', 'other'] as const)('in the form for one that is %s', (form) => {
    it.each(texts)('%j arrives unchanged', async (text) => {
      const { stdout, stderr, code } = await logInAndRun(login, form, `printf %s '${text.replaceAll("'", "'\\''")}'`);
      expect({ stdout, stderr, code }).toEqual({ stdout: text, stderr: '', code: 0 });
    });

    it('the environment is the fixed one and what the dispatch adds, and there is no input', async () => {
      const { stdout } = await logInAndRun(
        login,
        form,
        'cat; /usr/bin/env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= | sort',
      );
      expect(stdout.trim().split('\n')).toEqual(
        [
          ...[`PATH=${fixedPath}`, 'HOME=/srv/home', 'USER=tester', 'LOGNAME=tester', 'LC_ALL=C.UTF-8'],
          ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        ].sort(),
      );
    });

    it('the process that is announced is the one that a kill has to reach', async () => {
      const { stdout, announced, pid } = await logInAndRun(login, form, 'echo $$; exit 0');
      expect(Number(stdout)).toBe(announced);
      expect(announced).toBe(pid);
    });

    it('its code and its signal are the command’s own, also when it makes no sense', async () => {
      expect(await logInAndRun(login, form, 'exit 7')).toMatchObject({ code: 7, signal: null });
      expect(await logInAndRun(login, form, 'kill -SEGV $$')).toMatchObject({ code: null, signal: 'SIGSEGV' });
      const nonsense = await logInAndRun(login, form, 'if then');
      expect(nonsense).toMatchObject({ code: 2, announced: nonsense.pid });
      expect(nonsense.stderr).toMatch(/^sh: .*yntax error/);
      expect(await logInAndRun(login, form, 'no-such-program')).toMatchObject({
        code: 127,
        stderr: expect.stringMatching(/^sh: .*no-such-program: not found\n$/),
      });
    });

    it('bash is the shell where it was judged for bash', async () => {
      expect(await logInAndRun(login, form, `a=(x y); echo \${a[1]}`, { shell: 'bash' })).toMatchObject({
        stdout: 'y\n',
        code: 0,
      });
    });

    it.each([
      "printf '%s' it's",
      'echo a  b',
      'printf a*b',
      'test -d /',
      'printf %s a%b@c:d,e=f+g',
      '  cat   /proc/self/comm ',
    ])('a reading is answered as the shell answers it: %s', async (reading) => {
      const byShell = await logInAndRun(login, form, reading);
      const { announced, pid, ...byItself } = await logInAndRun(login, form, reading, { isReading: true });
      expect(byItself).toEqual({ ...byShell, announced: undefined, pid: undefined });
      expect(announced).toBe(pid);
    });

    it('a reading that is one program is that program at once, in the same environment, without input', async () => {
      const reading = await logInAndRun(login, form, 'env', { isReading: true });
      const byShell = await logInAndRun(login, form, '/usr/bin/env', { isReading: false });
      const variablesOf = (text: string) =>
        text
          .trim()
          .split('\n')
          .filter((line) => !/^(PWD|SHLVL|_)=/.test(line))
          .sort();
      expect(variablesOf(reading.stdout)).toEqual(variablesOf(byShell.stdout));
      expect(variablesOf(reading.stdout)).toContain(`PATH=${fixedPath}`);
      expect(await logInAndRun(login, form, 'cat', { isReading: true })).toMatchObject({ stdout: '', code: 0 });
      const absent = await logInAndRun(login, form, 'no-such-program -x', { isReading: true });
      expect(absent).toMatchObject({ code: 127, announced: absent.pid });
      expect(absent.stderr).toContain('no-such-program');
    });

    it('what kind of shell it is comes along once', async () => {
      const { loginShell } = await logInAndRun(login, form, 'true');
      expect(loginShell).toBe(form === 'unheard' ? 'posix' : null);
      const { loginShell: ofLines } = await logInAndRun(login, form, 'true\ntrue');
      expect(ofLines).toBe(form === 'unheard' ? 'posix' : null);
    });
  });
});

it('a login shell that changes words, or whose name is not one of POSIX, is not taken for one', () => {
  expect(readLoginShell(':4:/usr/bin/bash')).toBe('posix');
  // tcsh and fish, and with a SHELL that says otherwise.
  for (const said of [':3:/bin/tcsh', ':3:/usr/bin/fish', ':3:/bin/bash']) expect(readLoginShell(said)).toBe('other');
  for (const said of [':4:/usr/bin/elvish', ':4:', ':4:bash', ':4:/bin/bash -x'])
    expect(readLoginShell(said)).toBe('other');
  expect(readLoginShell('')).toBeNull();
});

it('only a program with plain words is started without a shell', () => {
  const textOf = (shell: 'sh' | 'bash', isReading: boolean) =>
    commandText(shell, 'uname -a', {}, 'tester', { mark, loginShell: 'posix', isReading }).text;
  expect(textOf('sh', true)).toMatch(/ 'uname' '-a' <\/dev\/null$/);
  expect(textOf('sh', false)).toContain("sh -c 'uname -a'");
  expect(textOf('bash', true)).toContain("bash -c 'uname -a'");
  expect(readOneProgram(' journalctl -u  nginx.service --since=-1h ')).toEqual([
    'journalctl',
    '-u',
    'nginx.service',
    '--since=-1h',
  ]);
  expect(readOneProgram('/usr/bin/uname -a')).toEqual(['/usr/bin/uname', '-a']);
  const read = [
    'echo a',
    '[ -d / ]',
    'A=b uname',
    'time ls',
    'ls ~',
    'ls *',
    'ls a?',
    'ls [a]',
    'ls {a,b}',
    'ls $HOME',
    'ls `x`',
    'ls;ls',
  ];
  read.push(
    'ls|wc',
    'ls>x',
    'ls<x',
    'ls&',
    'ls #x',
    "ls 'a'",
    'ls "a"',
    'ls \\a',
    'ls\nls',
    'ls\ta',
    '! ls',
    'ls !a',
    'ls a^b',
    'ls ä',
    '',
    ' ',
  );
  read.push('-x', '%1', '(ls)', 'if', 'exec ls', 'command ls', '. a');
  for (const command of read) expect(readOneProgram(command), command).toBeNull();
});
