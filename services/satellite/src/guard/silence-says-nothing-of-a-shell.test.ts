import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { approved, makeDispatch, startTestSite, type TestSatellite, type TestSite } from '../fixtures/test-site.ts';
import type { SshConnection } from '../ssh/open-ssh-connection.ts';
import { placeGuard } from './place-guard.ts';

let site: TestSite;
let test: TestSatellite;

beforeAll(async () => {
  site = await startTestSite(['web-01']);
  test = await site.start({});
});
afterAll(async () => {
  await test?.satellite.stop(0);
  await site?.stop();
});

type Answer = (error: Error | undefined, channel: unknown) => void;

/** A connection that nobody has found dead yet. */
function connectionThat(exec: (text: string, answer: Answer) => void): SshConnection {
  return { isClosed: () => false, whyClosed: () => '', client: { exec } } as unknown as SshConnection;
}

/** A shell that does not know what to do with the script, and says nothing. */
function endsAtOnce(_: string, answer: Answer): void {
  const stderr = new EventEmitter();
  const channel = Object.assign(new EventEmitter(), { stderr, close: () => undefined });
  answer(undefined, channel);
  setImmediate(() => {
    channel.emit('close');
    stderr.emit('close');
  });
}

it('a node that does not answer in time is not taken for one that can hold no guard, and is asked again the next time', async () => {
  let asked = 0;
  const connection = connectionThat(() => {
    asked += 1;
  });
  expect(await placeGuard(connection, 'root', 20)).toMatchObject({ kind: 'lost' });
  expect(asked).toBe(1);
  expect(await placeGuard(connection, 'root', 20)).toMatchObject({ kind: 'lost' });
  expect(asked).toBe(2);
});

it('a shell that ends without an answer twice, on a connection that lives, can hold none', async () => {
  const place = await placeGuard(connectionThat(endsAtOnce), 'root');
  expect(place).toEqual({ kind: 'unplaceable', why: 'its shell does not run POSIX sh scripts' });
});

it('a guard whose directory was removed over a kept connection is placed anew, and the change runs once', async () => {
  const { node, onNode } = site.node('web-01');
  const first = await makeDispatch(site, 'echo first >> /srv/changes', [node], approved);
  test.relay.send(first.frame);
  await test.relay.result(first.executionId);
  await onNode('rm -rf /var/lib/sena');
  const second = await makeDispatch(site, 'echo second >> /srv/changes', [node], approved);
  test.relay.send(second.frame);
  const result = await test.relay.result(second.executionId);
  expect(result).toMatchObject({ mode: 'guarded', outcome: { kind: 'exited', exitCode: 0 } });
  expect(await onNode('cat /srv/changes')).toBe('first\nsecond\n');
});

it('a directory that takes nothing any more is told as that, and not as a full disk', async () => {
  const { node, onNode } = site.node('web-01');
  await onNode('rm -rf /var/lib/sena && : > /var/lib/sena');
  const change = await makeDispatch(site, 'echo third >> /srv/changes', [node], approved);
  test.relay.send(change.frame);
  const { outcome } = await test.relay.result(change.executionId);
  expect(outcome).toMatchObject({ kind: 'not_started', reason: 'node_unreachable' });
  expect(outcome).toMatchObject({ detail: expect.stringContaining("can't hold a guard any more") });
  expect(await onNode('cat /srv/changes')).toBe('first\nsecond\n');
  await onNode('rm /var/lib/sena');
});
