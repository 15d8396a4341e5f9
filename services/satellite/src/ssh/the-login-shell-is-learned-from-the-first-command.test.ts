// Over a real sshd, and one connection: what the first command shows is used by the next, and a login that is no POSIX shell keeps the long form.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { commandText } from './command-text.ts';
import { executeCommand } from './execute-command.ts';
import { loginShellOf } from './learn-login-shell.ts';
import { openSshConnection, type SshConnection } from './open-ssh-connection.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());

async function connect(user: string): Promise<SshConnection> {
  const { address, port, hostKey } = site.node('web-01').node;
  const connection = await openSshConnection(
    { address, port, user, credential: 'default', hostKey },
    {
      knownHosts: { find: () => ({ trusted: [], revoked: [] }) },
      allowedAddresses: { allows: () => true },
      readCredential: () => ({ kind: 'private_key', privateKey: readFileSync(site.clientKeyPath) }),
      connectTimeoutMs: 20_000,
    },
  );
  if (connection.kind === 'refused') throw new Error(connection.detail);
  return connection;
}

async function run(connection: SshConnection, command: string) {
  const out = { stdout: '', stderr: '' };
  const login = { mark: 'abc123', loginShell: loginShellOf(connection), isReading: false };
  const { text, startMark } = commandText('sh', command, {}, 'root', login);
  const end = await executeCommand(connection, {
    ...{ text, startMark, timeoutMs: 20_000, onRunning: () => undefined, onCut: () => undefined },
    sink: {
      write(stream, chunk) {
        out[stream] += chunk.toString();
      },
      isFull: () => false,
      room: async () => undefined,
    },
  });
  return { text, end, ...out };
}

it('a POSIX shell is, and the second command gets to the same end by a shorter way', async () => {
  const connection = await connect('root');
  expect(loginShellOf(connection)).toBe('unheard');
  const first = await run(connection, 'echo "it\'s"; echo err >&2; exit 7');
  expect(loginShellOf(connection)).toBe('posix');
  const second = await run(connection, 'echo "it\'s"; echo err >&2; exit 7');
  const { text: _, ...same } = first;
  expect(second).toMatchObject(same);
  expect(second).toMatchObject({ stdout: "it's\n", stderr: 'err\n', end: { kind: 'exited', exitCode: 7 } });
  expect(first.text.split('sh -c').length).toBe(3);
  expect(second.text.split('sh -c').length).toBe(2);
  connection.close();
});

it('a program that only looks like one is not', async () => {
  await site.node('web-01').onNode(`echo 'odd:*:0:0::/root:/bin/odd' >>/etc/passwd
    printf '#!/bin/sh\\nexec /bin/sh "$@"\\n' >/bin/odd; chmod 755 /bin/odd`);
  const connection = await connect('odd');
  for (const said of ['one', 'two']) {
    const { stdout, text } = await run(connection, `echo ${said}`);
    expect(stdout).toBe(`${said}\n`);
    expect(text.split('sh -c').length).toBe(3);
  }
  expect(loginShellOf(connection)).toBe('other');
  connection.close();
});
