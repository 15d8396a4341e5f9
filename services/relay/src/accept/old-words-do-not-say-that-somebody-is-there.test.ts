import { beforeEach, describe, expect, test } from 'vitest';
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

test('who answers every ping is heard, for two heartbeats', () => {
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

test('who talks is heard, though the answers are stuck behind what it says', () => {
  for (let beat = 0; beat < 10; beat += 1) {
    after(100);
    liveness.beat(false);
    liveness.heard();
    expect(liveness.isHeard()).toBe(true);
  }
});

test('while its socket is not read, its silence is ours', () => {
  for (let beat = 0; beat < 10; beat += 1) {
    after(100);
    liveness.beat(true);
  }
  expect(liveness.isHeard()).toBe(true);
});

test.each(['', 'soon', 'Infinity', '1e99', '-5'])('an answer that nobody asked for (%s) changes nothing', (payload) => {
  after(200);
  liveness.answered(Buffer.from(payload));
  expect(liveness.isHeard()).toBe(false);
});

describe('after this process stood still', () => {
  let before: Buffer;
  let first: Buffer;
  beforeEach(() => {
    after(100);
    before = liveness.beat(false);
    after(60_000);
    first = liveness.beat(false);
  });

  test('words, answers and a socket that was not read say nothing: they may be as old as the stop', () => {
    liveness.heard();
    liveness.answered(before);
    liveness.beat(true);
    expect(liveness.isHeard()).toBe(false);
  });

  test('an answer to a question of now says that somebody is there, and words count again', () => {
    liveness.answered(first);
    expect(liveness.isHeard()).toBe(true);
    after(150);
    liveness.heard();
    after(150);
    expect(liveness.isHeard()).toBe(true);
  });
});
