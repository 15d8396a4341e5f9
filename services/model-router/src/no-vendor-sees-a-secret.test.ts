// Five hundred planted secrets in every place of a request that holds text: none reaches the vendor or the log, and the rest does.
import { plantSecrets } from '@sena/redaction/fixtures/plant-secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { piece, type RawVendor, sayPieces, startRawVendor } from './fixtures/raw-vendor.ts';
import { openRouters, type RoutersUnderTest } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let organization: string;
let vendor: RawVendor | null = null;
const heard: string[] = [];
beforeAll(async () => {
  routers = await openRouters();
  organization = await routers.organization();
});
afterEach(async () => {
  await vendor?.stop();
});
afterAll(async () => {
  await routers?.stop();
});

async function ask(messages: object[], more: object = {}): Promise<string> {
  heard.length = 0;
  vendor = await startRawVendor((response, body) => {
    heard.push(JSON.stringify(body));
    sayPieces(response, [piece({ content: 'fine' }), piece({}, 'stop')]);
    response.end('data: [DONE]\n\n');
  });
  const url = await routers.start({ url: vendor.url });
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await routers.token(organization)}` },
    body: JSON.stringify({ model: 'smart', stream: true, messages, ...more }),
  });
  expect(response.status, await response.text()).toBe(200);
  return heard.join('\n');
}

const planted = plantSecrets(4_004, 500);
const text = planted.map((secret, index) => `finding ${index}\n${secret.text}`).join('');

function expectNoneOf(sent: string): void {
  for (const { kind, parts } of planted) for (const part of parts) expect(sent, kind).not.toContain(part);
}

describe('nothing that is sent to a vendor holds a secret', () => {
  it.each(['system', 'developer', 'user'])('of what a message of the role %s says', async (role) => {
    const sent = await ask([{ role, content: text }]);
    expectNoneOf(sent);
    expect(sent.match(/finding \d+/g)).toHaveLength(500);
  });

  it('of the output that a tool gave, also where it is JSON', async () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'run', arguments: JSON.stringify({ command: text }) },
    };
    const sent = await ask([
      { role: 'user', content: 'look' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: JSON.stringify({ stdout: text }) },
    ]);
    expectNoneOf(sent);
    const messages = JSON.parse(heard[0] ?? '{}').messages;
    // It is JSON still, with everything but the secrets.
    for (const json of [messages[1].tool_calls[0].function.arguments, messages[2].content]) {
      expect(
        Object.values(JSON.parse(json))
          .join('')
          .match(/finding \d+/g),
      ).toHaveLength(500);
    }
  });

  it('and a message without one is sent as it was', async () => {
    const content =
      'why is web-07 slow? pid 812, sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, “quoted” – ünïcode 🙂';
    expect(JSON.parse((await ask([{ role: 'user', content }])) || '{}').messages[0].content).toBe(content);
  });
});
