// A WebSocket server and nothing else: what a tunnel costs at least. Started by the benchmark of tunnels; ends with its parent.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

process.on('disconnect', () => process.exit(0));
process.once('message', ({ port }: { port: number }) => {
  const server = createServer();
  const tunnels = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    tunnels.handleUpgrade(request, socket, head, (tunnel) => {
      tunnel.on('message', () => undefined);
      tunnel.on('error', () => undefined);
    });
  });
  // As the relay: thousands arrive in the same moment.
  server.listen({ host: '127.0.0.1', port, backlog: 4_096 }, () => process.send?.('listening'));
});
