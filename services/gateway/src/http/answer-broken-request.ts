// Bytes that are not HTTP, or headers beyond Node's limits, never become a request; they are answered here, on the socket.
import type { Socket } from 'node:net';
import { type ErrorCode, errorCatalogue } from '@sena/contracts/errors';
import { problemContentType } from '../problems/declare-problems.ts';

export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // The other end has gone: there is nobody to answer.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, line, code, detail } = describe(error.code);
  const { title } = errorCatalogue[code];
  const body = JSON.stringify({ type: `urn:sena:problem:${code}`, title, status, code, detail, instance: '' });
  socket.end(
    `HTTP/1.1 ${status} ${line}\r\nContent-Type: ${problemContentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

function describe(cause: string | undefined): { status: number; line: string; code: ErrorCode; detail: string } {
  switch (cause) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        line: 'Request Header Fields Too Large',
        code: 'bad_request',
        detail: 'The headers are larger than this API takes. Send fewer or shorter ones.',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        line: 'Request Timeout',
        code: 'bad_request',
        detail: 'The request did not arrive in time. Send it again.',
      };
    default:
      return { status: 400, line: 'Bad Request', code: 'bad_request', detail: 'This is not an HTTP request.' };
  }
}
