// What the command line names as the next thing to type works from where its reader is; a share that nobody has told is no limit of 0.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeSiteShare } from './status-command.ts';

const directory = mkdtempSync(join(tmpdir(), 'sena-paste-'));
const usual = join(directory, '.sena', 'satellite.json');
const program = resolve(import.meta.dirname, '..', 'main.ts');
beforeAll(() => {
  mkdirSync(join(directory, '.sena'));
  writeFileSync(usual, JSON.stringify({ credentials: {} }));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function satellite(args: string[], environment: Record<string, string> = {}) {
  const { npm_lifecycle_event: _, ...rest } = process.env;
  const options = { cwd: directory, env: { ...rest, ...environment } };
  const all = ['--disable-warning=ExperimentalWarning', program, ...args];
  return promisify(execFile)(process.execPath, all, options).then(
    ({ stdout, stderr }) => ({ stdout, stderr }),
    ({ stdout, stderr }) => ({ stdout, stderr }),
  );
}

test.each(['run', 'status', 'trust', 'checkpoint', 'rotate-key'])('%s with a wrong --config', async (command) => {
  const host = command === 'trust' ? ['--host', '127.0.0.1'] : [];
  const { stderr } = await satellite([command, '--config', 'satellite.json', ...host], {
    npm_lifecycle_event: 'satellite',
  });
  expect(stderr).toContain(`There is no file ${join(directory, 'satellite.json')}`);
  expect(stderr).toContain(`npm run satellite -- ${command} --config ${usual}`);
});

test('what was started by hand is named as it was started, and what it names works', async () => {
  const { stderr } = await satellite(['status', '--config', 'nowhere.json']);
  const [, named = ''] = /: (node \S+main\.ts status --config \S+)/.exec(stderr) ?? [];
  const [, ...args] = named.split(' ');
  const again = await promisify(execFile)(process.execPath, ['--no-warnings', ...args], { cwd: directory }).catch(
    (error: { stdout: string }) => error,
  );
  expect(again.stdout).toMatch(/enrolled: +no;.*\nprocess: +not running; start it with: node \S+main\.ts run --config/);
});

describe('the limit of its site', () => {
  const counts = { waiting: 0, starting: 0, running: 0, heldBytes: 0, connections: 0 };
  const connected = { kind: 'connected', relayId: 'relay-1', since: 'now' } as const;
  const say = (siteShare: number | null | 'not_told') =>
    describeSiteShare({ connection: connected, counts: { ...counts, siteShare } });

  test('is a number only where one was told', () => {
    expect(say(null)).toBeNull();
    expect(say(7)).toMatch(/^at most 7 commands at once/);
    expect(say('not_told')).toMatch(/^not told yet/);
    expect(describeSiteShare(null)).toBeNull();
  });

  test('is not spoken of without a connection', () => {
    const connecting = { kind: 'connecting', detail: 'x' } as const;
    expect(describeSiteShare({ connection: connecting, counts: { ...counts, siteShare: 'not_told' } })).toBeNull();
  });
});
