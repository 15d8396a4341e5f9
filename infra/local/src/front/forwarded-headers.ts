// What of a message's headers goes on to the other side of the front.
// Pure.
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** They speak of one connection, not of the message (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What only a front may say; from outside it is a claim. */
const saidByFronts = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/;

/** Without what belongs to the connection, with the caller's address from the socket. */
export function requestHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const headers = endToEnd(request.headers, (name) => !saidByFronts.test(name) && name !== 'expect');
  headers['x-forwarded-for'] = request.socket.remoteAddress ?? '';
  headers['x-forwarded-proto'] = 'http';
  if (request.headers.host !== undefined) headers['x-forwarded-host'] = request.headers.host;
  return headers;
}

export function responseHeaders(response: IncomingMessage): OutgoingHttpHeaders {
  return endToEnd(response.headers, () => true);
}

function endToEnd(headers: IncomingHttpHeaders, isWanted: (name: string) => boolean): OutgoingHttpHeaders {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name) && isWanted(name)),
  );
}
