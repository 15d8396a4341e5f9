import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@sena/telemetry/logger';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Front, openFront } from './open-front.ts';

type Handler = Parameters<typeof createServer>[1];
let servers: Server[] = [];
let front: Front;
let gateway: Handler;
let relay: Server;

const requestMs = 1_200;

beforeEach(async () => {
  gateway = (_request, response) => response.end('gateway');
  const behind = await listen(createServer((incoming, response) => gateway?.(incoming, response as never)));
  const page = await listen(createServer((_request, response) => response.end('console')));
  relay = createServer((_request, response) => response.writeHead(426).end('upgrade, please'));
  front = await openFront({
    hosts: ['127.0.0.1'],
    port: 0,
    backends: { gateway: behind, relay: await listen(relay), console: page },
    logger: createLogger('front', 'silent'),
    requestMs,
  });
});
afterEach(async () => {
  await front.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});

test('each path reaches its process', async () => {
  const answers = await Promise.all(
    [
      '/v1/runs',
      '/api/auth/sign-in/email',
      '/scim/v2/Users',
      '/docs',
      '/healthz',
      '/',
      '/v1x',
      '/runs/run_1',
      '/v1/tunnel',
    ].map(async (path) => (await fetch(address(path))).text()),
  );
  expect(answers).toEqual([
    ...['gateway', 'gateway', 'gateway', 'gateway', 'gateway'],
    ...['console', 'console', 'console', 'upgrade, please'],
  ]);
});

test('method, status, headers, cookies and a body of megabytes pass in both directions', async () => {
  gateway = (incoming, response) => {
    response.writeHead(201, 'Made', [
      ...['x-method', incoming.method ?? '', 'x-length', incoming.headers['content-length'] ?? ''],
      ...['set-cookie', 'a=1', 'set-cookie', 'b=2'],
    ]);
    incoming.pipe(response);
  };
  const body = Buffer.alloc(5_000_000, 'x');
  const answer = await fetch(address('/v1/runs'), { method: 'PUT', body });
  expect([answer.status, answer.statusText, answer.headers.get('x-method')]).toEqual([201, 'Made', 'PUT']);
  expect(answer.headers.get('x-length')).toBe('5000000');
  expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
});

test('the address of the caller comes from the socket; what a caller claims is dropped', async () => {
  gateway = (incoming, response) => response.end(JSON.stringify(incoming.headers));
  const headers = (await new Promise<IncomingMessage>((resolve) => {
    request(address('/v1/me'), {
      headers: {
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'x-real-ip': '203.0.113.9',
        forwarded: 'for=203.0.113.9',
        connection: 'x-per-hop',
        'x-per-hop': 'secret',
        te: 'trailers',
        'x-kept': 'yes',
      },
    })
      .once('response', resolve)
      .end();
  }).then(async (answer) => JSON.parse(Buffer.concat(await answer.toArray()).toString()))) as Record<string, string>;
  expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(headers['x-forwarded-proto']).toBe('http');
  expect(headers['x-forwarded-host']).toBe(`127.0.0.1:${front.port}`);
  expect(headers.host).toBe(`127.0.0.1:${front.port}`);
  expect(headers['x-kept']).toBe('yes');
  for (const name of ['x-real-ip', 'forwarded', 'x-per-hop', 'te']) expect(headers).not.toHaveProperty(name);
});

test('an event stream arrives event by event, while it is still open', async () => {
  let finish: () => void = () => undefined;
  gateway = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('id: 1\ndata: one\n\n');
    finish = () => response.end('id: 2\ndata: two\n\n');
  };
  const stream = (await fetch(address('/v1/runs/run_1/events'))).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await stream?.read())?.value).toBe('id: 1\ndata: one\n\n');
  finish();
  expect((await stream?.read())?.value).toBe('id: 2\ndata: two\n\n');
  expect((await stream?.read())?.done).toBe(true);
});

test('a caller who leaves an event stream is gone behind the front too', async () => {
  const left = new Promise<void>((resolve) => {
    gateway = (_request, response) => {
      response.once('close', resolve);
      response.writeHead(200).write('data: one\n\n');
    };
  });
  const caller = new AbortController();
  const answer = await fetch(address('/v1/runs/run_1/events'), { signal: caller.signal });
  await answer.body?.getReader().read();
  caller.abort();
  await left;
});

test('an answer that breaks off half-way is never shown as whole', async () => {
  gateway = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setTimeout(() => response.destroy(), 20);
  };
  const answer = await fetch(address('/v1/runs'));
  await expect(answer.text()).rejects.toThrow();
});

test('a request is not sent twice when the gateway dies over it, unless it is a mere question', async () => {
  let posts = 0;
  gateway = (incoming, _response) => {
    posts += 1;
    incoming.socket.destroy();
  };
  const answer = await fetch(address('/v1/runs'), { method: 'POST', body: '{}' });
  expect(answer.status).toBe(502);
  expect(posts).toBe(1);
});

test('a backend that is down is answered for with a problem that says what to do', async () => {
  const gone = servers[0];
  await new Promise((resolve) => gone?.close(resolve));
  const answer = await fetch(address('/v1/runs?secret=1'), { method: 'POST', body: '{"kind":"ask"}' });
  expect(answer.status).toBe(502);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await answer.json()).toMatchObject({
    status: 502,
    code: 'backend_unavailable',
    detail: expect.stringContaining('The gateway does not answer'),
    instance: '/v1/runs',
  });
});

test('a tunnel is joined byte by byte in both directions, and ends at both ends together', async () => {
  relay.on('upgrade', (incoming, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${incoming.headers['sec-websocket-key']}\r\n\r\nfirst bytes`,
    );
    socket.on('data', (bytes: Buffer) => (bytes.toString() === 'bye' ? socket.end() : socket.write(bytes)));
  });
  const satellite = connect(front.port, '127.0.0.1');
  satellite.write(
    'GET /v1/tunnel HTTP/1.1\r\nhost: sena\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: abc\r\nsec-websocket-version: 13\r\n\r\n',
  );
  let received = '';
  satellite.on('data', (bytes) => {
    received += bytes;
  });
  await until(() => received.endsWith('first bytes'));
  expect(received).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  expect(received.toLowerCase()).toContain('sec-websocket-accept: abc');
  const bytes = Buffer.from([0, 255, 10, 13]);
  received = '';
  satellite.setEncoding('latin1').write(bytes);
  await until(() => received === bytes.toString('latin1'));
  satellite.write('bye');
  await once(satellite, 'close');
});

test('a request that does not arrive is cut at both ends; a stream and a tunnel that are open for longer are not', async () => {
  let isLeft = false;
  gateway = (incoming, response) => {
    if (incoming.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = setInterval(() => response.write('data: one\n\n'), 100);
      response.once('close', () => clearInterval(events));
      return;
    }
    incoming.resume().once('close', () => {
      isLeft = !incoming.complete;
    });
  };
  relay.on('upgrade', (_incoming, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const stream = await fetch(address('/v1/runs/run_1/events'));
  const tunnel = connect(front.port, '127.0.0.1');
  tunnel.write('GET /v1/tunnel HTTP/1.1\r\nhost: sena\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
  await once(tunnel, 'data');

  const began = performance.now();
  for (const first of [
    'POST /v1/runs HTTP/1.1\r\nhost: sena\r\ncontent-length: 1000\r\n\r\n{',
    'GET /v1/me HTTP/1.1\r\nx-slow:',
  ]) {
    const slow = connect(front.port, '127.0.0.1');
    slow.on('error', () => undefined); // it is closed while we still write
    slow.resume().write(first);
    const writing = setInterval(() => slow.write(' '), 50);
    // Not `once` of events: that fails with the error, which comes where it is closed while we still write.
    const closed = new Promise((resolve) => slow.once('close', resolve));
    await Promise.race([closed, sleep(10_000).then(() => Promise.reject(new Error('it is not cut')))]);
    clearInterval(writing);
  }
  expect(performance.now() - began).toBeGreaterThan(2 * requestMs - 100);
  await until(() => isLeft);

  const reader = stream.body?.getReader();
  await reader?.read();
  expect((await reader?.read())?.done).toBe(false);
  await reader?.cancel();
  const echoed = once(tunnel, 'data');
  tunnel.write('still here');
  expect(String((await echoed)[0])).toBe('still here');
  tunnel.destroy();
});

test('a relay that refuses the upgrade is heard, a missing relay is answered for, other sockets lead nowhere', async () => {
  const upgrade = (path: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve) => {
      request(address(path), { headers: { connection: 'Upgrade', upgrade: 'websocket' } })
        .once('response', async (answer) =>
          resolve({ status: answer.statusCode, body: Buffer.concat(await answer.toArray()).toString() }),
        )
        .end();
    });
  relay.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 3\r\nconnection: close\r\n\r\nno!'),
  );
  expect(await upgrade('/v1/tunnel')).toEqual({ status: 401, body: 'no!' });
  expect((await upgrade('/v1/runs')).status).toBe(404);
  relay.closeAllConnections();
  await new Promise((resolve) => relay.close(resolve));
  const missing = await upgrade('/v1/tunnel');
  expect(missing.status).toBe(502);
  expect(JSON.parse(missing.body)).toMatchObject({ code: 'backend_unavailable' });
});

test('a port that is taken is refused', async () => {
  await expect(
    openFront({
      hosts: ['127.0.0.1'],
      port: front.port,
      backends: { gateway: new URL('http://127.0.0.1:1'), relay: new URL('http://127.0.0.1:1'), console: null },
      logger: createLogger('front', 'silent'),
    }),
  ).rejects.toThrow('EADDRINUSE');
});

function address(path: string): string {
  return `http://127.0.0.1:${front.port}${path}`;
}

async function listen(server: Server): Promise<URL> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 250) throw new Error('it did not happen within 5 s');
    await sleep(20);
  }
}
