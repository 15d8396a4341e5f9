import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@sena/testing/free-port';
import { startRedis } from '@sena/testing/redis';
import { expect, test } from 'vitest';
import { reachRedis } from './reach-redis.ts';

test('nothing listens there', async () => {
  const port = await freePort();
  await expect(reachRedis(`redis://:secret@127.0.0.1:${port}`)).rejects.toThrow(
    `Redis can't be used at 127.0.0.1:${port} (connect ECONNREFUSED 127.0.0.1:${port}). Start it or correct REDIS_URL, then run npm start again. ` +
      'Without REDIS_URL the queue is in PostgreSQL.',
  );
});

test('a password that is wrong', async () => {
  const redis = await startRedis();
  try {
    const url = new URL(redis.url);
    url.password = 'wrong';
    url.username = 'nobody';
    await expect(reachRedis(url.href)).rejects.toThrow(/Redis can't be used at .*WRONGPASS.*correct REDIS_URL/);
    await reachRedis(redis.url);
  } finally {
    await redis.stop();
  }
});

test('something else listens there', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  try {
    await expect(reachRedis(`redis://127.0.0.1:${address.port}`)).rejects.toThrow(
      /Redis can't be used at .*correct REDIS_URL/,
    );
  } finally {
    server.close();
  }
});
