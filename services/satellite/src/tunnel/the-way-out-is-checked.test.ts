import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { isSentAtOnce } from '@sena/testing/is-sent-at-once';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkCloudAddress } from './cloud-address.ts';
import { dialCloud } from './dial-cloud.ts';

let directory: string;
let certificate: string;
let cloud: Server;
let proxy: ReturnType<typeof createHttpServer>;
let asked: string[] = [];
const tunnels = new Set<Socket>();
let proxyStatus = '200 OK';
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sena-dial-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  certificate = readFileSync(cert, 'utf8');
  cloud = createTlsServer({ key: readFileSync(key), cert: certificate }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('hello');
  });
  proxy = createHttpServer();
  proxy.on('connect', (request, near: Socket) => {
    asked.push(request.url ?? '');
    if (!proxyStatus.startsWith('200')) {
      near.end(`HTTP/1.1 ${proxyStatus}\r\n\r\n`);
      return;
    }
    const far = connect(portOf(cloud), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.pipe(near).pipe(far);
    });
    for (const socket of [near, far]) {
      tunnels.add(socket);
      socket.on('error', () => socket.destroy());
    }
  });
  for (const server of [cloud, proxy])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
});
afterAll(async () => {
  for (const socket of tunnels) socket.destroy();
  for (const server of [cloud, proxy]) await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

async function read(ca: string | undefined, through?: string, host = 'localhost'): Promise<string> {
  const target = { host, port: portOf(cloud), isSecure: true };
  const socket = await dialCloud(target, { proxy: through, ca, timeoutMs: 5_000 });
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('the way to the cloud', () => {
  it('is TLS with a certificate that is trusted for that name', async () => {
    expect(await read(certificate)).toBe('hello');
    await expect(read(undefined)).rejects.toThrow(/self-signed/);
    await expect(read(certificate, undefined, '127.0.0.1')).rejects.toThrow(/does not match|altnames/i);
  });

  it('goes through a proxy that is asked for that name, with the same checks', async () => {
    asked = [];
    const address = `http://127.0.0.1:${portOf(proxy)}`;
    expect(await read(certificate, address)).toBe('hello');
    expect(asked).toEqual([`localhost:${portOf(cloud)}`]);
    await expect(read(undefined, address)).rejects.toThrow(/self-signed/);
    proxyStatus = '407 Proxy Authentication Required';
    await expect(read(certificate, address)).rejects.toThrow('answered 407');
  });

  it('sends small messages at once: plain, over TLS, and through a proxy', async () => {
    proxyStatus = '200 OK';
    const port = portOf(cloud);
    for (const [isSecure, through] of [
      [false, undefined],
      [true, undefined],
      [true, `http://127.0.0.1:${portOf(proxy)}`],
    ] as const) {
      const settings = { proxy: through, ca: certificate, timeoutMs: 5_000 };
      const stream = await dialCloud({ host: 'localhost', port, isSecure }, settings);
      // TLS is what its own TCP socket carries.
      const { _parent: carrier } = stream as unknown as { _parent: Socket | null };
      expect([isSecure, isSentAtOnce(isSecure ? (carrier as Socket) : stream)]).toEqual([isSecure, true]);
      stream.destroy();
    }
  });

  it.each([
    ['https://sena.example.com', true],
    ['http://localhost:3000', true],
    ['http://127.0.0.9:3000', true],
    ['http://[::1]:3000', true],
    ['http://sena.example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://0.0.0.0', false],
    ['https://user:secret@sena.example.com', false],
    ['ftp://localhost', false],
    ['sena.example.com', false],
  ])('%s: %s', (address, isAccepted) => {
    const check = () => checkCloudAddress(address, { secure: 'https:', plain: 'http:' });
    if (isAccepted) expect(check().href).toContain('//');
    else expect(check).toThrow(/^((?!secret).)*$/);
  });
});
