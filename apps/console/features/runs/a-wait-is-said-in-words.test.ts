// A run that goes on says for whom it waits, since when and until when, and that what never began is told as not started.
import type { RunWait } from '@sena/contracts/http/runs';
import { expect, test } from 'vitest';
import { describeWait } from './describe-wait.ts';

const nowMs = Date.parse('2026-11-27T12:00:00.000Z');
const at = (minutes: number) => new Date(nowMs + minutes * 60_000).toISOString();
const away: Extract<RunWait, { kind: 'satellite_away' }> = {
  ...{ kind: 'satellite_away', satellite: { id: 'sat_1', name: 'home-1' }, site: 'home', status: 'disconnected' },
  ...{ since: at(-4), unsent: null, changes: null, readings: null, finder: null },
};
const say = (wait: RunWait) => {
  const { title, lines } = describeWait(wait, nowMs);
  return [title, ...lines].join('\n');
};

test('who is away, and since when', () => {
  expect(say(away)).toMatch(/^Satellite home-1 of site home has no connection since .*\(4 min ago\)/);
  expect(say({ ...away, since: null })).toMatch(/^Satellite home-1 of site home has never connected$/m);
  expect(say({ ...away, status: 'revoked' })).toMatch(/was revoked[\s\S]*It will not return/);
  expect(say({ ...away, status: 'locked' })).toMatch(/is locked[\s\S]*Unlock the right one/);
});

test('what has not begun is told as not started, at a time that is named', () => {
  expect(say({ ...away, unsent: { count: 1, until: at(12) } })).toMatch(
    /1 execution has not begun\. Unless the satellite is back by .*\(in 12 min\), it is told as not started\./,
  );
  expect(say({ ...away, unsent: { count: 40, until: at(12) } })).toMatch(/40 executions have not begun/);
});

test('a change that began goes on, and is found out when the satellite returns or by another one', () => {
  const changes = { count: 1, until: at(20) };
  expect(say({ ...away, changes })).toMatch(
    /1 change was sent\. What began goes on at its node.*found out when the satellite returns.*without a word by .*\(in 20 min\) it is told as unknown/,
  );
  expect(say({ ...away, changes, finder: 'home-2' })).toMatch(/Satellite home-2 looks on the nodes/);
  expect(say({ ...away, readings: { count: 2, until: at(20) } })).toMatch(/2 executions that only read were sent/);
});

test('a command beyond its time: on which nodes, and how long they are looked for', () => {
  const wait: RunWait = {
    ...{ kind: 'no_word', satellite: away.satellite, nodes: ['home-01', 'home-02'], count: 12, overdue: 12 },
    until: at(9),
  };
  expect(say(wait)).toMatch(
    /^12 executions are beyond the time limit[\s\S]*On home-01, home-02 and 10 more[\s\S]*Without a word by .*\(in 9 min\) it is told as unknown/,
  );
  expect(say({ ...wait, overdue: 0, count: 2 })).toMatch(/^No word yet of how 2 executions ended/);
});

test('a queue that is away: what is to be done is kept, and who has to do something', () => {
  expect(say({ kind: 'queue_unreachable' })).toMatch(
    /^SENA can’t reach its queue\n.*kept.*as soon as the queue is back.*`REDIS_URL`/,
  );
});
