import type { Action } from '@sena/contracts/envelope';
import { actionChallenge, actionDigest } from '@sena/envelope/action-digest';
import { createSoftwarePasskey } from '@sena/testing/software-passkey';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSena, type ScriptedApi, startScriptedApi } from '../fixtures/run-sena.ts';

const approvalId = 'appr_0192aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa';
const action: Action = {
  ...{ v: 1, organizationId: 'org_1', runId: 'run_1', approvalNonce: 'nonce' },
  ...{ notBefore: '2026-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' },
  commands: [
    {
      ...{ step: 's1', shell: 'sh', command: 'systemctl restart \u202enginx\u0007', environment: { LANG: 'C\u200b' } },
      limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
      nodes: [
        {
          ...{ nodeId: 'node_1', satelliteId: 'sat_1', name: 'web-01\n✔ harmless', address: '10.0.0.1', port: 22 },
          ...{ hostKey: null, runAs: 'root', credential: 'default' },
        },
      ],
    },
  ],
};

const path = `/v1/approvals/${approvalId}/action`;
/** What the server says. */
let offered: Record<string, unknown>;
let api: ScriptedApi;

beforeEach(async () => {
  offered = {
    ...{ approvalId, status: 'pending', actionDigest: actionDigest(action), mayDecide: true, passkeys: [], action },
    requestedBy: { id: 'user_1', name: 'Olivia', key: null },
  };
  api = await startScriptedApi({ [path]: offered });
});
afterEach(() => api.close());

const approve = (said: string, visit?: (address: string) => Promise<void>) =>
  runSena(['approve', approvalId], { api, said, visit });
const post = (address: string, answer: object, origin = new URL(address).origin) =>
  fetch(address, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify(answer),
  });
/** As the page's script says it. */
const signed = (address: string, challenge: string) => {
  const { credentialId: id, ...parts } = createSoftwarePasskey({
    rpId: 'localhost',
    origin: new URL(address).origin,
  }).assert(challenge);
  return { id, ...parts };
};

describe('sena approve', () => {
  it('shows every hidden character, and one line as one line', async () => {
    const { output } = await approve('no\n');
    expect(output).toContain('systemctl restart \\u{202e}nginx\\u{7}');
    expect(output).toContain('LANG=C\\u{200b}');
    expect(output).toContain('web-01\\n\\u{2714} harmless');
    expect(output).toContain('4 hidden, direction-changing or look-alike characters');
    expect(output).toContain(actionDigest(action));
    for (const hidden of ['\u202e', '\u0007', '\u200b']) expect(output).not.toContain(hidden);
  });

  it('signs what it has shown: its own digest, with the assertion', async () => {
    const challenge = actionChallenge(actionDigest(action));
    const { code, output } = await approve('yes\n', async (address) => {
      const page = await fetch(address);
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      const html = await page.text();
      expect(html).toContain(challenge);
      expect(html).toContain('systemctl restart \\u{202e}nginx\\u{7}');
      expect(await (await post(address, signed(address, challenge))).json()).toMatchObject({ done: true });
    });
    expect(output).toContain('✔ Approved.');
    expect(code).toBe(0);
    expect(api.posted).toMatchObject([
      { decision: 'approve', actionDigest: actionDigest(action), assertion: { signature: expect.any(String) } },
    ]);
  });

  it('takes nothing that was signed for something else, nor from another site, nor off its path', async () => {
    const challenge = actionChallenge(actionDigest(action));
    await approve('yes\n', async (address) => {
      const other = await post(address, signed(address, actionChallenge(`sha256:${'0'.repeat(64)}`)));
      expect(await other.json()).toMatchObject({
        done: false,
        words: expect.stringContaining('no signature over this action'),
      });
      expect((await post(address, signed(address, challenge), 'https://evil.test')).status).toBe(403);
      expect((await post(`${new URL(address).origin}/`, signed(address, challenge))).status).toBe(404);
      expect((await fetch(address.replace('localhost', '127.0.0.1'))).status).toBe(404);
      expect(api.posted).toEqual([]);
      await post(address, signed(address, challenge));
    });
    expect(api.posted).toHaveLength(1);
  });

  const withCommand = (change: Partial<Action['commands'][number]>): Action => ({
    ...action,
    commands: action.commands.map((each) => ({ ...each, ...change })),
  });
  const lies: Array<[string, object]> = [
    ['another command than its digest says', { action: withCommand({ command: 'uptime' }) }],
    ['another digest than its action has', { actionDigest: `sha256:${'0'.repeat(64)}` }],
    ['other nodes', { action: withCommand({ nodes: [] }) }],
    ['a longer time', { action: { ...action, expiresAt: '2099-01-02T00:00:00.000Z' } }],
  ];
  it.each(lies)('signs nothing, and says so loudly, when it is given %s', async (_name, lie) => {
    Object.assign(offered, lie);
    const { code, output } = await approve('yes\n');
    expect(output).toContain('THE SERVER SAYS SOMETHING ELSE THAN IT GAVE. NOTHING WAS SIGNED.');
    expect(output).toContain(actionDigest(offered.action as Action));
    expect(output).not.toContain('Open this');
    expect(code).toBe(1);
    expect(api.posted).toEqual([]);
  });

  it.each([
    ['no\n', {}, 1, /Nothing was signed, and the approval stays open/],
    ['', {}, 1, /Nothing was signed, and the approval stays open/],
    ['y\n', {}, 1, /Nothing was signed/],
    ['yes\n', { mayDecide: false }, 2, /You may not decide about it/],
    ['yes\n', { status: 'expired' }, 2, /It is expired already/],
    ['yes\n', { action: null }, 2, /is no action/],
  ])('signs nothing when %j is typed and the server says %j', async (said, change, expected, why) => {
    Object.assign(offered, change);
    const { code, output } = await approve(said);
    expect(output).toMatch(why);
    expect(code).toBe(expected);
    expect(api.posted).toEqual([]);
  });
});
