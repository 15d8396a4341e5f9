// The relay's one address, `/v1/tunnel`: every WebSocket that is opened there becomes a connection. Entered by start-relay.
import type http from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@sena/telemetry/logger';
import { messageBytesMax } from '@sena/tunnel/encode-frames';
import { type WebSocket, WebSocketServer } from 'ws';
import { type BoundStranger, boundStranger } from './bound-stranger.ts';

export interface TunnelServer {
  /** Closes every tunnel; one that does not answer within `closeMs` is cut. Resolves when the last has left. */
  stop(closeMs: number): Promise<void>;
}

/** `accept` resolves when the connection is over and everything about it is written. */
export function serveTunnels(
  server: http.Server,
  logger: Logger,
  accept: (socket: WebSocket, stranger: BoundStranger, address: string) => Promise<void>,
): TunnelServer {
  const tunnels = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false });
  const open = new Set<Promise<void>>();
  let isStopping = false;

  server.on('upgrade', (request, socket, head) => {
    const refusal = whyNot(request);
    if (refusal !== null) return refuse(socket, refusal);
    tunnels.handleUpgrade(request, socket, head, (webSocket) =>
      hold(webSocket, boundStranger(socket, head.length, tellOfStranger), addressOf(request)),
    );
  });

  /** A room of its own: what lasts as long as the tunnel would keep everything that stands around it, the request too. */
  function hold(webSocket: WebSocket, stranger: BoundStranger, address: string): void {
    const ended = accept(webSocket, stranger, address).finally(() => open.delete(ended));
    open.add(ended);
  }

  function tellOfStranger(): void {
    logger.warn({ code: 'stranger_too_large' }, 'a tunnel was cut, it said more than a hello');
  }

  /** Satellites are not browsers: a page has nothing to do here. */
  function whyNot(request: http.IncomingMessage): string | null {
    if (isStopping) return '503 Service Unavailable';
    if (request.headers.origin !== undefined) return '403 Forbidden';
    return request.url?.split('?', 1)[0] === '/v1/tunnel' ? null : '404 Not Found';
  }

  function refuse(socket: Duplex, status: string): void {
    logger.info({ status }, 'a connection that is no tunnel was refused');
    // Whoever asks may be gone before the answer.
    socket.on('error', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  return {
    async stop(closeMs) {
      isStopping = true;
      for (const tunnel of tunnels.clients) tunnel.close(1012, 'the relay restarts');
      const timer = setTimeout(() => {
        for (const tunnel of tunnels.clients) tunnel.terminate();
      }, closeMs);
      await Promise.all(open);
      clearTimeout(timer);
    },
  };
}

/** For people who look for a copy of a satellite; nothing rests on it. What stands before a relay says for whom it speaks, last of all. */
function addressOf(request: http.IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? 'unknown';
  const forwarded = request.headers['x-forwarded-for'];
  const last = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').at(-1)?.trim() ?? '';
  return /^[0-9a-fA-F:.]{2,45}$/.test(last) && last !== peer ? `${last} through ${peer}` : peer;
}
