// Joins a WebSocket's two connections: the satellite's and the relay's. Entered by the front's server on an upgrade.
// Opens one connection to the relay per tunnel.
import { request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { backendProblem } from './backend-problem.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import type { ProxyTarget } from './proxy-request.ts';

const handshakeTimeoutMs = 10_000;

export function proxyUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: ProxyTarget): void {
  const { backend, url, logger } = target;
  const onward = httpRequest({
    host: url.hostname,
    port: url.port,
    method: request.method,
    path: request.url,
    headers: { ...requestHeaders(request), connection: 'Upgrade', upgrade: request.headers.upgrade },
    agent: false,
    timeout: handshakeTimeoutMs,
  });
  onward.once('timeout', () => onward.destroy(new Error('the handshake took too long')));

  onward.once('upgrade', (answer, backendSocket, backendHead) => {
    onward.removeAllListeners('timeout');
    backendSocket.setTimeout(0);
    backendSocket.setNoDelay(true);
    socket.write(rawHead(answer, { connection: 'Upgrade', upgrade: answer.headers.upgrade ?? 'websocket' }));
    if (backendHead.length > 0) socket.write(backendHead);
    if (head.length > 0) backendSocket.write(head);
    backendSocket.pipe(socket).pipe(backendSocket);
    // One end is the end of both. An error is followed by a close.
    socket.once('close', () => backendSocket.destroy());
    backendSocket.once('close', () => socket.destroy());
    backendSocket.on('error', (error) => logger.debug({ err: error }, 'the tunnel broke off behind the front'));
  });
  onward.once('response', (answer) => {
    socket.write(rawHead(answer, { connection: 'close' }));
    answer.pipe(socket);
  });
  onward.once('error', (error) => {
    logger.warn({ err: error, backend }, 'the backend does not answer');
    const problem = backendProblem(backend, request.url ?? '/');
    refuseUpgrade(socket, problem.status, JSON.stringify(problem));
  });
  socket.on('error', (error) => logger.debug({ err: error }, 'the tunnel broke off in front of the front'));
  socket.once('close', () => onward.destroy());
  onward.end();
}

/** Answers an upgrade that goes nowhere with a problem and closes. */
export function refuseUpgrade(socket: Duplex, status: number, problem: string): void {
  if (socket.destroyed) return;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(problem)}\r\nretry-after: 2\r\nconnection: close\r\n\r\n${problem}`,
  );
}

function rawHead(answer: IncomingMessage, connection: Record<string, string>): string {
  const headers = Object.entries({ ...responseHeaders(answer), ...connection }).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => `${name}: ${one}\r\n`),
  );
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ''}\r\n${headers.join('')}\r\n`;
}
