// Sends bytes over a connection of their own and says what came back, whatever that is. Entered by fuzz-gateway. Needs no HTTP client: those
// refuse to send what is wrong.
import { connect } from 'node:net';

export type RawAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly head: string; readonly body: string }
  /** The other end closed the connection without a word, or with something that is no answer. */
  | { readonly kind: 'closed'; readonly said: string }
  /** Neither an answer nor an end. */
  | { readonly kind: 'silent' };

export interface RawRequest {
  readonly pieces: readonly Buffer[];
  /** After the last piece the client's side is closed: a body that is cut off. */
  readonly isCutOff: boolean;
}

const bodyKeptMax = 64 * 1024;
/** Event streams never end: what they say first is enough. */
const streamMs = 30;

export function sendRaw(port: number, { pieces, isCutOff }: RawRequest, timeoutMs: number): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let text = '';
    let streaming: NodeJS.Timeout | null = null;
    const timer = setTimeout(() => finish(text === ''), timeoutMs);

    function finish(isSilent: boolean): void {
      clearTimeout(timer);
      if (streaming !== null) clearTimeout(streaming);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      if (status !== undefined) {
        const end = text.indexOf('\r\n\r\n');
        const [head, body] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 4)];
        resolve({ kind: 'answered', status: Number(status), head, body });
      } else resolve(isSilent ? { kind: 'silent' } : { kind: 'closed', said: text.slice(0, 200) });
    }

    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
      if (isCutOff) socket.end();
    });
    socket.on('data', (data: Buffer) => {
      if (text.length < bodyKeptMax) text += data.toString('latin1');
      // Not the request's answer yet.
      if (text.startsWith('HTTP/1.1 100')) text = text.slice(text.indexOf('\r\n\r\n') + 4);
      if (isWhole(text)) return finish(false);
      if (streaming === null && /^content-type: text\/event-stream/im.test(text)) {
        streaming = setTimeout(() => finish(false), streamMs);
      }
    });
    // A server that refuses a request closes while we still send: what it said counts.
    socket.on('error', () => undefined);
    socket.on('close', () => finish(false));
  });
}

/** Where the head says how long the body is; anything else ends with the connection. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  if (/^transfer-encoding: chunked/im.test(head)) return text.endsWith('0\r\n\r\n');
  return /^HTTP\/1\.1 (204|304)/.test(head);
}
