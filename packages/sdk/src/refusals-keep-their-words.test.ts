// What the API said reaches the caller: code, sentence and fields; and what it did not say is not made up.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from './create-client.ts';
import { readOutput } from './read-output.ts';
import { takeData } from './take-data.ts';

const output = Buffer.from([0x00, 0xff, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a]);
const server = createServer((request, response) => {
  if (request.url?.startsWith('/v1/nodes') === true) {
    response.writeHead(422, { 'content-type': 'application/problem+json' }).end(
      JSON.stringify({
        type: 'about:blank',
        title: 'The selector can not be read',
        status: 422,
        code: 'invalid_selector',
        detail: 'Expected a value after "role=".',
        instance: request.url,
        fields: [{ path: 'selector', message: 'Expected a value' }],
      }),
    );
  } else if (request.url?.startsWith('/v1/me') === true) {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
  } else if (request.url?.startsWith('/v1/executions/') === true) {
    const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    if (Number(from) >= output.length) {
      response.writeHead(416, { 'content-range': `bytes */${output.length}` }).end();
      return;
    }
    const slice = output.subarray(Number(from), Number(to) + 1);
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${Number(from) + slice.length - 1}/${output.length}` })
      .end(slice);
  }
  // Anything else is never answered.
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a problem keeps code, sentence and fields', async () => {
  await expect(takeData(createClient({ baseUrl }).GET('/v1/nodes'))).rejects.toMatchObject({
    status: 422,
    code: 'invalid_selector',
    message: 'Expected a value after "role=".',
    fields: [{ path: 'selector', message: 'Expected a value' }],
  });
});

test("a proxy's page is not taken for SENA's word", async () => {
  await expect(takeData(createClient({ baseUrl }).GET('/v1/me'))).rejects.toMatchObject({
    status: 502,
    code: 'not_a_problem',
  });
});

test('no answer in time says so, and a closed port says another thing', async () => {
  await expect(takeData(createClient({ baseUrl, timeoutMs: 100 }).GET('/v1/sites'))).rejects.toMatchObject({
    code: 'timeout',
  });
  await expect(takeData(createClient({ baseUrl: 'http://127.0.0.1:1' }).GET('/v1/sites'))).rejects.toMatchObject({
    code: 'unreachable',
  });
});

test('output arrives as the bytes it was, by stretches, and ends with an empty one', async () => {
  const read = (offset: number) => readOutput({ baseUrl, executionId: 'e', stream: 'stdout', offset, lengthBytes: 5 });
  const first = await read(0);
  const second = await read(5);
  expect(Buffer.concat([first.bytes, second.bytes])).toEqual(output);
  expect(first.totalBytes).toBe(output.length);
  expect(await read(8)).toEqual({ bytes: new Uint8Array(), offset: 8, totalBytes: output.length });
});
