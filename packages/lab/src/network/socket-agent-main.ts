// The process that socket-agent starts inside a network: makes sockets there and hands them over. Ends with its parent.
import { createServer, connect as openConnection } from 'node:net';

export type AgentRequest =
  | { kind: 'listen'; id: number; port: number }
  | { kind: 'connect'; id: number; host: string; port: number };
export type AgentAnswer =
  | { kind: 'listening'; id: number; port: number }
  | { kind: 'connected'; id: number }
  | { kind: 'failed'; id: number; message: string };

const connectMs = 5_000;

process.on('disconnect', () => process.exit(0));
process.on('message', (request: AgentRequest) => {
  if (request.kind === 'listen') listen(request.id, request.port);
  else connect(request);
});

function listen(id: number, port: number): void {
  const server = createServer({ allowHalfOpen: true });
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (port !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) listen(id, 0);
    else answer({ kind: 'failed', id, message: error.message });
  });
  server.listen(port, '127.0.0.1', () => {
    const address = server.address();
    const listening = address !== null && typeof address === 'object' ? address.port : 0;
    process.send?.({ kind: 'listening', id, port: listening } satisfies AgentAnswer, server, {}, () => server.close());
  });
}

function connect(request: { id: number; host: string; port: number }): void {
  const { id, host, port } = request;
  const socket = openConnection({ host, port, allowHalfOpen: true });
  // Paused before it connects, so that not a byte is read here.
  socket.pause();
  const timer = setTimeout(
    () => socket.destroy(new Error(`No connection to ${host}:${port} within ${connectMs} ms`)),
    connectMs,
  );
  socket.once('error', (error) => {
    clearTimeout(timer);
    answer({ kind: 'failed', id, message: error.message });
  });
  socket.once('connect', () => {
    clearTimeout(timer);
    process.send?.({ kind: 'connected', id } satisfies AgentAnswer, socket);
  });
}

function answer(message: AgentAnswer): void {
  process.send?.(message);
}
