// `sena audit list` says who acted and with which API key, and shows nothing raw.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSena, type ScriptedApi, startScriptedApi } from '../fixtures/run-sena.ts';

const event = {
  ...{ id: 'audit_1', at: '2026-01-01T00:00:00.000001Z', action: 'run.created', actor: 'member:user_1' },
  ...{ actorName: 'Ada (ada@x.test)', subject: 'run_1', subjectName: 'uptime', data: {}, seq: 7, hash: 'h' },
};
const byKey = { ...event, actorKey: { id: 'key_9', name: 'deploy-bot\u001b[2K\u202e' } };
const signedIn = { ...event, actorKey: null, seq: null, subjectName: null };

let api: ScriptedApi;
beforeAll(async () => {
  const page = { items: [byKey, signedIn], nextCursor: null };
  api = await startScriptedApi({ '/v1/audit-events?limit=20': page, '/v1/audit-events?limit=3&runId=run_1': page });
});
afterAll(() => api.close());

test('a line each', async () => {
  const { code, stdout } = await runSena(['audit', 'list'], { api });
  expect(code).toBe(0);
  const who = 'run.created  by Ada (ada@x.test) (member:user_1)';
  expect(stdout.split('\n')).toEqual([
    `${event.at}  no. 7  ${who}, with key deploy-bot\\u{1b}[2K\\u{202e} (key_9)  on uptime (run_1)`,
    `${event.at}  not sealed yet  ${who}  on run_1`,
    '',
  ]);
});

test('for programs, of one run', async () => {
  const { stdout } = await runSena(['audit', 'list', '--json', '--limit', '3', '--run', 'run_1'], { api });
  expect(JSON.parse(stdout)).toEqual([byKey, signedIn]);
});

test.each(['0', '101', 'many'])('--limit %s is refused, with what to give', async (limit) => {
  const { code, output } = await runSena(['audit', 'list', '--limit', limit], { api });
  expect(code).not.toBe(0);
  expect(output).toContain('give a whole number from 1 to 100');
});
