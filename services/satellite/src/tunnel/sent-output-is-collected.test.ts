import { expect, test } from 'vitest';
import { collectBehind } from './collect-behind.ts';

test('every quarter of a MiB that goes out is collected behind, all of it every fourth time; what goes out is what was given', () => {
  const sent: Buffer[] = [];
  const collected: string[] = [];
  const socket = { readyState: 1, bufferedAmount: 0, send: (data: Buffer) => void sent.push(data) };
  const link = collectBehind(socket, ({ type }) => void collected.push(type));
  const piece = Buffer.alloc(128 * 1024, 7);
  for (let count = 0; count < 16; count += 1) link.send(piece, () => undefined);
  expect(sent).toHaveLength(16);
  expect(sent.every((data) => data === piece)).toBe(true);
  expect(collected).toEqual(['minor', 'minor', 'minor', 'major', 'minor', 'minor', 'minor', 'major']);
  socket.bufferedAmount = 9;
  socket.readyState = 3;
  expect([link.bufferedAmount, link.readyState]).toEqual([9, 3]);
});
