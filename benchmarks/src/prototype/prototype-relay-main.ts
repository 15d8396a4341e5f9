// The bare relay: sends each tunnel its part of the nodes and counts what comes back. Started by start-prototype; ends with its
// parent.
import type { AddressInfo } from 'node:net';
import { Packr, Unpackr } from 'msgpackr';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Answer, Order } from './prototype-messages.ts';

export interface PrototypeRun {
  readonly run: number;
  readonly command: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false });
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
const tunnels: WebSocket[] = [];
let awaited = 0;
let failed = 0;

server.on('connection', (tunnel) => {
  tunnels.push(tunnel);
  tunnel.on('message', (data: Buffer) => {
    const answers = unpackr.unpack(data) as Answer[];
    failed += answers.filter((answer) => answer.code !== 0).length;
    awaited -= answers.length;
    if (awaited === 0) process.send?.({ failed });
  });
});
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
process.on('message', ({ run, command, addresses, port }: PrototypeRun) => {
  awaited = addresses.length;
  failed = 0;
  for (const [index, tunnel] of tunnels.entries()) {
    const first = Math.floor((index * addresses.length) / tunnels.length);
    const last = Math.floor(((index + 1) * addresses.length) / tunnels.length);
    const nodes = addresses.slice(first, last).map((host, place) => ({ id: first + place, host, port }));
    tunnel.send(packr.pack({ run, command, nodes } satisfies Order));
  }
});
