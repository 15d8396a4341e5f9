import { newId } from '@sena/contracts/ids';
import { type ScriptedTurn, type ScriptedVendor, startScriptedVendor } from '@sena/testing/scripted-vendor';
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { completion, piece, type RawVendor, sayPieces, startRawVendor } from './fixtures/raw-vendor.ts';
import { openRouters, type RoutersUnderTest } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let vendor: ScriptedVendor | RawVendor | null = null;
beforeAll(async () => {
  routers = await openRouters();
});
afterEach(async () => {
  await vendor?.stop();
  vendor = null;
});
afterAll(async () => {
  await routers?.stop();
});

const tools = [
  {
    type: 'function' as const,
    function: { name: 'run_command', parameters: { type: 'object', properties: { command: { type: 'string' } } } },
  },
  { type: 'function' as const, function: { name: 'report', parameters: { type: 'object' } } },
];
const question: ChatCompletionCreateParamsNonStreaming = {
  model: 'smart',
  messages: [
    { role: 'system', content: 'You look after servers.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Why is ' },
        { type: 'text', text: 'web-07 slow?' },
      ],
    },
  ],
  tools,
  tool_choice: 'auto',
};

async function clientOf(baseURL: string, organizationId: string, headers: Record<string, string> = {}) {
  return new OpenAI({ baseURL, apiKey: await routers.token(organizationId), maxRetries: 0, defaultHeaders: headers });
}

/** The same question twice, as OpenAI's own client asks it and puts the pieces together. */
async function askBothWays(client: OpenAI, body: ChatCompletionCreateParamsNonStreaming) {
  const whole = await client.chat.completions.create(body);
  const streamed = await client.chat.completions
    .stream({ ...body, stream: true, stream_options: { include_usage: true } })
    .finalChatCompletion();
  return { whole, streamed };
}

const usage = { promptTokens: 123, completionTokens: 45 };
const turns: ReadonlyArray<[string, ScriptedTurn]> = [
  [
    'text',
    { kind: 'say', text: 'The disk of web-07 is full: ⌀ 97 % of 2.0 MB, „/srv/data“.\n- delete\n- grow', usage },
  ],
  [
    'one tool call',
    { kind: 'call', tools: [{ name: 'run_command', arguments: { command: "df -P | awk '{print $5}'" } }], usage },
  ],
  [
    'text and two tool calls',
    {
      kind: 'call',
      text: 'I look at both.',
      tools: [
        { name: 'run_command', arguments: { command: 'df -P' } },
        { name: 'report', arguments: { answer: 'full "disk"', nodes: ['web-07'] } },
      ],
      usage,
    },
  ],
];

test.each(turns)('%s', async (_, turn) => {
  const script = await startScriptedVendor(() => turn);
  vendor = script;
  const organization = await routers.organization();
  const runId = newId('run');
  const client = await clientOf(await routers.start({ url: script.url }), organization, { 'x-sena-run-id': runId });
  const { whole, streamed } = await askBothWays(client, question);

  const said = (answer: typeof whole) => ({
    content: answer.choices[0]?.message.content,
    toolCalls: answer.choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function),
    finishReason: answer.choices[0]?.finish_reason,
    model: answer.model,
    usage: answer.usage,
  });
  expect(said(streamed)).toMatchObject(said(whole));
  expect(said(whole)).toMatchObject({
    content: turn.kind === 'say' || turn.kind === 'call' ? (turn.text ?? null) : null,
    finishReason: turn.kind === 'call' ? 'tool_calls' : 'stop',
    usage: { prompt_tokens: 123, completion_tokens: 45, total_tokens: 168 },
  });
  if (turn.kind === 'call') {
    const calls = whole.choices[0]?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual(
      turn.tools.map((tool) => tool.arguments),
    );
    for (const call of [...calls, ...(streamed.choices[0]?.message.tool_calls ?? [])]) expect(call.id).not.toBe('');
  }

  // What went to the vendor is what was asked, but for the tier; the usage is asked for in the stream too.
  expect(script.requests().map(({ body }) => body)).toEqual([
    expect.objectContaining({ model: 'big-model', stream: false, tools, tool_choice: 'auto' }),
    expect.objectContaining({ model: 'big-model', stream: true, stream_options: { include_usage: true }, tools }),
  ]);
  expect(script.requests()[0]?.body.messages[1]).toEqual({ role: 'user', content: 'Why is web-07 slow?' });

  const calls = await routers.calls(organization);
  expect(calls).toHaveLength(2);
  for (const call of calls) {
    expect(call).toMatchObject({
      run_id: runId,
      tier: 'smart',
      provider: 'openai-compatible',
      status: 'succeeded',
      prompt_tokens: 123,
      completion_tokens: 45,
      error: null,
    });
  }
  expect(calls.map((call) => call.id).sort()).toEqual([whole.id, streamed.id].sort());
});

test('a conversation with tool results goes to the vendor as it is', async () => {
  const script = await startScriptedVendor(() => ({ kind: 'say', text: 'It is full.' }));
  vendor = script;
  const client = await clientOf(await routers.start({ url: script.url }), await routers.organization());
  const messages = [
    { role: 'developer' as const, content: 'Be brief.' },
    { role: 'user' as const, content: 'Is it full?' },
    {
      role: 'assistant' as const,
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function' as const, function: { name: 'run_command', arguments: '{"command":"df"}' } },
      ],
    },
    { role: 'tool' as const, tool_call_id: 'call_1', content: '100%' },
  ];
  await client.chat.completions.create({ model: 'fast', messages, tools, temperature: 0, max_tokens: 50, stop: null });
  const body = script.requests()[0]?.body as unknown as Record<string, unknown>;
  expect(body).toMatchObject({ temperature: 0, max_tokens: 50 });
  expect(body).not.toHaveProperty('stop');
  expect(body.messages).toMatchObject([{ ...messages[0], role: 'system' }, ...messages.slice(1)]);
});

test('the pieces of a stream are passed on as they come, usage only to those who ask for it', async () => {
  vendor = await startRawVendor((response) => {
    sayPieces(response, [piece({ role: 'assistant', content: '' }), piece({ content: 'one ' })]);
    setTimeout(() => {
      sayPieces(response, [
        piece({ content: 'two' }),
        piece({}, 'stop'),
        { model: 'raw-model', choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
      ]);
      response.end('data: [DONE]\n\n');
    }, 300);
  });
  const organization = await routers.organization();
  const client = await clientOf(await routers.start({ url: vendor.url }), organization);
  const stream = await client.chat.completions.create({ ...question, stream: true });
  const seen: Array<{ atMs: number; content: string | null | undefined }> = [];
  const startedAt = performance.now();
  for await (const chunk of stream) {
    expect(chunk.usage ?? null).toBeNull();
    expect(chunk.choices).toHaveLength(1);
    seen.push({ atMs: performance.now() - startedAt, content: chunk.choices[0]?.delta.content });
  }
  expect(seen.map(({ content }) => content)).toEqual(['one ', 'two', undefined]);
  expect((seen[1]?.atMs ?? 0) - (seen[0]?.atMs ?? 0)).toBeGreaterThan(150);
  expect(await routers.calls(organization)).toMatchObject([
    { prompt_tokens: 5, completion_tokens: 2, model: 'raw-model' },
  ]);
});

test('vendors without tool-call ids, with their own finish reasons and without usage are made to mean the same, and the row says what is not known', async () => {
  const call = { function: { name: 'run_command', arguments: '{"command":"df"}' } };
  vendor = await startRawVendor((response, body) => {
    if (body.stream === true) {
      sayPieces(response, [piece({ role: 'assistant', content: '', tool_calls: [call] }), piece({}, 'stop')]);
      response.end('data: [DONE]\n\n');
    } else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(completion({ content: '', tool_calls: [call] })));
    }
  });
  const organization = await routers.organization();
  const client = await clientOf(await routers.start({ url: vendor.url }), organization);
  const { whole, streamed } = await askBothWays(client, question);
  for (const answer of [whole, streamed]) {
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(answer.choices[0]?.message.content).toBeNull();
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { id: expect.stringMatching(/^call_[0-9a-f]{32}$/), type: 'function', ...call },
    ]);
    expect(answer.usage ?? null).toBeNull();
  }
  expect(await routers.calls(organization)).toMatchObject([
    { status: 'succeeded', prompt_tokens: 0, completion_tokens: 0, error: 'usage_not_reported' },
    { status: 'succeeded', prompt_tokens: 0, completion_tokens: 0, error: 'usage_not_reported' },
  ]);
  // Without a key none is sent.
  expect(vendor.headers.every((headers) => headers.authorization === undefined)).toBe(true);
});
