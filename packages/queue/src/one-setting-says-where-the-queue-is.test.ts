import { expect, test } from 'vitest';
import { queueConnectionFrom } from './queue-connection.ts';

test('REDIS_URL moves the queue to Redis', () => {
  expect(queueConnectionFrom({ REDIS_URL: 'redis://r', QUEUE_DATABASE_URL: 'postgresql://p' })).toEqual({
    kind: 'redis',
    url: 'redis://r',
  });
});

test('without it the queue is on PostgreSQL', () => {
  expect(queueConnectionFrom({ REDIS_URL: '', QUEUE_DATABASE_URL: 'postgresql://p' })).toEqual({
    kind: 'postgres',
    url: 'postgresql://p',
  });
});

test('with neither it says what to set', () => {
  expect(() => queueConnectionFrom({})).toThrow('Set QUEUE_DATABASE_URL (PostgreSQL) or REDIS_URL (Redis)');
});
