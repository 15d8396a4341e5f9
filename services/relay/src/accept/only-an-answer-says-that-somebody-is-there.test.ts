import { beforeEach, expect, test } from 'vitest';
import { type Liveness, measureLiveness } from './measure-liveness.ts';

let nowMs: number;
let liveness: Liveness;
beforeEach(() => {
  nowMs = 1_000;
  liveness = measureLiveness(100, () => nowMs);
});
const after = (ms: number) => {
  nowMs += ms;
};

test('who answers every ping is heard', () => {
  for (let beat = 0; beat < 10; beat += 1) {
    after(100);
    liveness.answered(liveness.beat(false));
    expect(liveness.isHeard()).toBe(true);
  }
  after(199);
  expect(liveness.isHeard()).toBe(true);
  after(1);
  expect(liveness.isHeard()).toBe(false);
});

test('an answer counts from when its question was asked: one that lay in the socket of a stopped process says little', () => {
  after(100);
  const ping = liveness.beat(false);
  after(60_000);
  liveness.answered(ping);
  expect(liveness.isHeard()).toBe(false);
  liveness.answered(liveness.beat(false));
  expect(liveness.isHeard()).toBe(true);
});

test('while its socket is not read, its silence is ours', () => {
  for (let beat = 0; beat < 10; beat += 1) {
    after(100);
    liveness.beat(true);
  }
  expect(liveness.isHeard()).toBe(true);
});

test('but not when the process was stopped meanwhile', () => {
  after(60_000);
  liveness.beat(true);
  expect(liveness.isHeard()).toBe(false);
});

test.each(['', 'soon', 'Infinity', '1e99', '-5'])('an answer that nobody asked for (%s) changes nothing', (payload) => {
  after(200);
  liveness.answered(Buffer.from(payload));
  expect(liveness.isHeard()).toBe(false);
});
