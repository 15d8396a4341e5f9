// Passes one HTTP request to a backend and its answer back, byte by byte as they come. Entered by the front's server.
// Opens connections to that backend only.
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '@sena/telemetry/logger';
import { backendProblem } from './backend-problem.ts';
import { requestHeaders, responseHeaders } from './forwarded-headers.ts';
import type { Backend } from './route-request.ts';

const connectTimeoutMs = 5_000;
const keptConnections = new Agent({ keepAlive: true, maxFreeSockets: 64 });

export type ProxyTarget = { backend: Backend; url: URL; logger: Logger };

/** An answer that breaks off behind is broken off in front too, so that nobody takes half for the whole. */
export function proxyRequest(request: IncomingMessage, response: ServerResponse, target: ProxyTarget): void {
  forward(request, response, target, isRepeatable(request));
}

function forward(request: IncomingMessage, response: ServerResponse, target: ProxyTarget, mayRepeat: boolean): void {
  const { backend, url, logger } = target;
  const onward = httpRequest({
    host: url.hostname,
    port: url.port,
    method: request.method,
    path: request.url,
    headers: requestHeaders(request),
    // A kept connection may close under a request. Only what can be sent again uses one.
    agent: isRepeatable(request) ? keptConnections : false,
  });
  const connectTimer = setTimeout(() => onward.destroy(new Error('connect timeout')), connectTimeoutMs);
  onward.once('socket', (socket) => {
    if (!socket.connecting) clearTimeout(connectTimer);
    else socket.once('connect', () => clearTimeout(connectTimer));
  });

  onward.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer));
    response.flushHeaders();
    answer.pipe(response);
    answer.once('close', () => {
      if (!answer.complete) response.destroy();
    });
  });
  onward.once('error', (error) => {
    clearTimeout(connectTimer);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (mayRepeat && onward.reusedSocket) {
      forward(request, response, target, false);
      return;
    }
    logger.warn({ err: error, backend }, 'the backend does not answer');
    const problem = backendProblem(backend, request.url ?? '/');
    // What is left of the request's body is not read: the connection can't be used again.
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'retry-after': '2',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(JSON.stringify(problem));
  });
  response.once('close', () => {
    if (!response.writableFinished) onward.destroy();
  });

  if (isRepeatable(request)) onward.end();
  else request.pipe(onward);
}

/** No body and no effect. */
function isRepeatable(request: IncomingMessage): boolean {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  return (request.method === 'GET' || request.method === 'HEAD') && !hasBody;
}
