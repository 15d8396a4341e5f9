// The process itself, as the supervisor starts it: what it prints, and how it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { piece, type RawVendor, sayPieces, startRawVendor } from './fixtures/raw-vendor.ts';
import { openRouters, type RoutersUnderTest, serviceTokenSecret } from './fixtures/router-under-test.ts';

let routers: RoutersUnderTest;
let organization: string;
let vendor: RawVendor | null = null;
let child: ChildProcess | null = null;
let printed = '';
beforeAll(async () => {
  routers = await openRouters();
  organization = await routers.organization();
});
afterEach(async () => {
  if (child !== null && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await vendor?.stop();
});
afterAll(async () => {
  await routers?.stop();
});

async function startProcess(modelUrl: string): Promise<string> {
  printed = '';
  const started = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      LOG_LEVEL: 'trace',
      DATABASE_URL: routers.databaseUrl,
      SERVICE_TOKEN_SECRET: serviceTokenSecret,
      SENA_MODEL_URL: modelUrl,
      SENA_MODEL_NAME: 'big-model',
      SENA_MODEL_KEY: 'sk-vendor-key-of-the-test',
      // A client that looked here would send it along.
      OPENAI_API_KEY: 'sk-another-key',
      OPENAI_LOG: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  for (const stream of [started.stdout, started.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  return vi.waitFor(
    () => {
      const port = /"port":(\d+)[^\n]*model-router listens/.exec(printed)?.[1];
      if (port === undefined) throw new Error(`not listening yet: ${printed}`);
      return `http://127.0.0.1:${port}/v1`;
    },
    { timeout: 10_000 },
  );
}

async function ask(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${await routers.token(organization)}`,
      ...headers,
    },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'PROMPT-TEXT' }], ...body }),
  });
}

test('answers, refusals and failures leave lines with numbers, and no prompt, answer, token or key', async () => {
  vendor = await startRawVendor((response, body, index) => {
    if (index === 0) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { message: `Invalid value: ${JSON.stringify(body.messages)}`, code: 'invalid' } }),
      );
      return;
    }
    sayPieces(response, [piece({ content: 'ANSWER-TEXT' })]);
    response.end(index === 1 ? `data: {"error":{"message":"about PROMPT-TEXT"}}\n\n` : 'data: {"choices":[{\n\n');
  });
  const url = await startProcess(vendor.url);
  const token = await routers.token(organization);
  expect((await ask(url, {})).status).toBe(400);
  await (await ask(url, { stream: true })).text();
  await (await ask(url, { stream: true })).text();
  await ask(url, { unknown_field: 'PROMPT-TEXT' });
  await ask(url, { messages: [{ role: 'PROMPT-TEXT', content: 'PROMPT-TEXT' }] });
  await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"PROMPT-TEXT',
  });
  await ask(url, {}, { authorization: 'Bearer FORGED-TOKEN' });
  await vi.waitFor(() => expect(printed.match(/"msg":"request"/g)).toHaveLength(7));

  expect(vendor.headers[0]?.authorization).toBe('Bearer sk-vendor-key-of-the-test');
  for (const secret of [
    'PROMPT-TEXT',
    'ANSWER-TEXT',
    'sk-vendor-key',
    'sk-another-key',
    'FORGED-TOKEN',
    token,
    serviceTokenSecret,
  ]) {
    expect(printed).not.toContain(secret);
  }
  expect(printed).toMatch(/"model call"/);
  expect(printed).toContain(organization);
});

test('on SIGTERM the answer that is under way is finished, then the process ends with 0', async () => {
  vendor = await startRawVendor((response) => {
    sayPieces(response, [piece({ content: 'first ' })]);
    setTimeout(() => {
      sayPieces(response, [piece({ content: 'last' }), piece({}, 'stop')]);
      response.end('data: [DONE]\n\n');
    }, 500);
  });
  const url = await startProcess(vendor.url);
  const response = await ask(url, { stream: true });
  const exited = once(child as ChildProcess, 'exit');
  (child as ChildProcess).kill('SIGTERM');
  const text = await response.text();
  expect(text).toContain('last');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(await exited).toEqual([0, null]);
});
