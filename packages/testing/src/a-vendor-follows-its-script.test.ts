import { afterEach, expect, test } from 'vitest';
import { type ScriptedVendor, startScriptedVendor } from './scripted-vendor.ts';

let vendor: ScriptedVendor | null = null;
afterEach(async () => {
  await vendor?.stop();
  vendor = null;
});

function ask(url: string, body: object): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-of-the-test' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'why is web-07 slow?' }], ...body }),
  });
}

/** The parts of a chat completion that these tests look at. */
interface Completion {
  choices: [{ finish_reason: string; message: { content: string; tool_calls: [{ function: object }] } }];
  usage: object;
}

async function completion(response: Response): Promise<Completion> {
  return (await response.json()) as Completion;
}

test('answers turn by turn, and refuses what the script does not have', async () => {
  vendor = await startScriptedVendor([
    {
      kind: 'call',
      tools: [{ name: 'run', arguments: { command: 'df' } }],
      usage: { promptTokens: 7, completionTokens: 3 },
    },
    { kind: 'fail', status: 429, message: 'slow down', retryAfterSeconds: 2 },
    { kind: 'say', text: 'The disk is full.' },
  ]);
  const first = await completion(await ask(vendor.url, {}));
  expect(first.choices[0].finish_reason).toBe('tool_calls');
  expect(first.choices[0].message.tool_calls[0].function).toEqual({ name: 'run', arguments: '{"command":"df"}' });
  expect(first.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 });

  const second = await ask(vendor.url, {});
  expect([second.status, second.headers.get('retry-after')]).toEqual([429, '2']);

  const third = await completion(await ask(vendor.url, {}));
  expect(third.choices[0].message.content).toBe('The disk is full.');

  const fourth = await ask(vendor.url, {});
  expect(fourth.status).toBe(400);
  expect(await fourth.text()).toContain('all of them were used');

  expect(vendor.requests()).toHaveLength(4);
  expect(vendor.requests()[0]?.body.messages[0]?.content).toBe('why is web-07 slow?');
});

test('streams in pieces, with usage when it is asked for', async () => {
  vendor = await startScriptedVendor(() => ({
    kind: 'say',
    text: 'The disk of web-07 is full, that is why it is slow.',
  }));
  const text = await (await ask(vendor.url, { stream: true, stream_options: { include_usage: true } })).text();
  const chunks = text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));
  const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '');
  expect(pieces.filter(Boolean).length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe('The disk of web-07 is full, that is why it is slow.');
  expect(chunks.at(-1).usage.total_tokens).toBeGreaterThan(0);
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
});

test('a script as a function sees the request', async () => {
  vendor = await startScriptedVendor((request, index) => ({
    kind: 'say',
    text: `${index}: ${request.tools?.[0]?.function.name ?? 'no tool'}`,
  }));
  const tools = [{ type: 'function', function: { name: 'run', parameters: {} } }];
  expect((await completion(await ask(vendor.url, { tools }))).choices[0].message.content).toBe('0: run');
  expect((await completion(await ask(vendor.url, {}))).choices[0].message.content).toBe('1: no tool');
});

test('cuts a stream in the middle when the script says so', async () => {
  vendor = await startScriptedVendor([
    { kind: 'say', text: 'a long answer that is cut '.repeat(10), cutAfterChunks: 2 },
  ]);
  const response = await ask(vendor.url, { stream: true });
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test('lets only its own key in, when it has one', async () => {
  vendor = await startScriptedVendor(() => ({ kind: 'say', text: 'hello' }), { key: 'another-key' });
  expect((await ask(vendor.url, {})).status).toBe(401);
  await vendor.stop();
  vendor = await startScriptedVendor(() => ({ kind: 'say', text: 'hello' }), { key: 'key-of-the-test' });
  expect((await ask(vendor.url, {})).status).toBe(200);
});
