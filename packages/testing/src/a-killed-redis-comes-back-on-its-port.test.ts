import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startRedis } from './redis.ts';

function ping(url: string): Promise<string> {
  return say(url, 'PING');
}

function say(url: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (chunk) => resolve(socket.end() && chunk.toString()));
    socket.once('error', reject);
  });
}

test('answers, is gone after kill, and comes back on the same port', async () => {
  const redis = await startRedis();
  expect(await ping(redis.url)).toBe('+PONG\r\n');
  await redis.kill();
  await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED');
  await redis.startAgain();
  expect(await ping(redis.url)).toBe('+PONG\r\n');
  await redis.stop();
  await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED');
});

test('forgets everything when it is told to, and goes on', async () => {
  const redis = await startRedis();
  expect(await say(redis.url, 'SET word kept')).toBe('+OK\r\n');
  expect(await say(redis.url, 'GET word')).toBe('$4\r\nkept\r\n');
  await redis.flush();
  expect(await say(redis.url, 'GET word')).toBe('$-1\r\n');
  await redis.stop();
});
