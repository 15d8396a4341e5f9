// One page for one person on this machine, until it is answered. Entered by `sena approve` and `sena passkey`. Listens on localhost alone,
// under a path that only this terminal has been told.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OperatorError } from '../report-to-operator.ts';
import { originOf, type Page, rpId, writePage } from './passkey-page.ts';

const waitMs = 10 * 60_000;
const answerBytesMax = 128 * 1024;

export type Taken<T> =
  | { kind: 'done'; result: T; words: string }
  /** The page stays, and says why. */
  | { kind: 'again'; words: string };

export interface PageOptions<T> {
  readonly port: number;
  readonly page: Page;
  /** Of the browser. Rejects when nothing more is to be had from this page. */
  take(answer: unknown): Promise<Taken<T>>;
  /** Told where the page is. */
  ready(url: string): void;
}

export async function servePage<T>({ port, page, take, ready }: PageOptions<T>): Promise<T> {
  const path = `/${randomBytes(24).toString('base64url')}`;
  const origin = originOf(port);
  let settle: { resolve: (result: T) => void; reject: (error: unknown) => void } | null = null;
  const settled = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Another name that leads here is another site's.
    if (request.headers.host !== new URL(origin).host || request.url !== path)
      return end(response, 404, 'text/plain', '');
    if (request.method === 'GET') {
      const nonce = randomBytes(16).toString('base64url');
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      return end(response, 200, 'text/html; charset=utf-8', writePage(page, { nonce, answerPath: path }));
    }
    if (request.method !== 'POST' || request.headers.origin !== origin) return end(response, 403, 'text/plain', '');
    try {
      const taken = await take(JSON.parse(await readBody(request)));
      const done = taken.kind === 'done';
      end(response, 200, 'application/json', JSON.stringify({ done, words: taken.words }));
      if (taken.kind === 'done') response.once('close', () => settle?.resolve(taken.result));
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      end(response, 200, 'application/json', JSON.stringify({ done: true, words }));
      response.once('close', () => settle?.reject(error));
    }
  };
  // Both, so that nobody else on this machine stands where the browser looks first.
  const servers = await listen(port, (request, response) => {
    handle(request, response).catch((error: unknown) => settle?.reject(error));
  });
  const timer = setTimeout(
    () =>
      settle?.reject(new OperatorError(`Nobody answered on the page within ${waitMs / 60_000} minutes. Start again.`)),
    waitMs,
  );
  try {
    ready(`${origin}${path}`);
    return await settled;
  } finally {
    clearTimeout(timer);
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
}

async function listen(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server[]> {
  const servers: Server[] = [];
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer(handle);
    const problem = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once('error', resolve);
      server.listen(port, host, () => resolve(null));
    });
    if (problem === null) servers.push(server);
    // A machine without IPv6 has nobody who could stand there.
    else if (host === '127.0.0.1' || problem.code === 'EADDRINUSE') {
      for (const each of servers) each.close();
      throw new OperatorError(
        `Port ${port} of ${rpId} can't be had (${problem.code}). End what uses it: satellites know this page by its port.`,
        { cause: problem },
      );
    }
  }
  return servers;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > answerBytesMax) throw new OperatorError('The page sent more than any passkey says. Start again.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  response.end(body);
}
