import { createLogger } from '@sena/telemetry/logger';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createRelayClock, type RelayClock } from './relay-clock.ts';

const started = 1_800_000_000_000;
let clock: RelayClock;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: started });
  clock = createRelayClock(createLogger('satellite', 'silent'));
});
afterEach(() => vi.useRealTimers());

/** What the relay's clock shows, which goes right. */
const relayTime = () => Date.now();
/** A hello, the answer, and so long until it is read. */
function welcome(lateMs: number, relaySkewMs = 0): void {
  const askedAtMs = performance.now();
  const timeMs = relayTime() + relaySkewMs;
  vi.advanceTimersByTime(lateMs);
  clock.take(timeMs, askedAtMs);
}
function tell(lateMs: number, relaySkewMs = 0): void {
  const timeMs = relayTime() + relaySkewMs;
  vi.advanceTimersByTime(lateMs);
  clock.measureAgain(timeMs);
}

it('a welcome that is read a minute after it was said is no skew', () => {
  welcome(60_000);
  expect(clock.problem()).toBeNull();
});

it('one that is read at once and differs is a skew, in either direction', () => {
  welcome(5, 40_000);
  expect(clock.problem()).toBe("The satellite's clock is 40 s behind the relay's. Set it right (NTP).");
  welcome(5, -40_000);
  expect(clock.problem()).toBe("The satellite's clock is 40 s ahead of the relay's. Set it right (NTP).");
});

it('being behind shows also in what is read late: by what being late does not explain', () => {
  welcome(20_000, 60_000);
  expect(clock.problem()).toContain('40 s behind');
});

it('one time that is read late among others is no skew, nor is it one when the next is in time', () => {
  welcome(5);
  tell(45_000);
  expect(clock.problem()).toBeNull();
  tell(5);
  expect(clock.problem()).toBeNull();
  tell(45_000);
  expect(clock.problem()).toBeNull();
});

it('a clock of the satellite that is set wrong is noticed at once, by the times that were told before', () => {
  welcome(5);
  tell(5);
  tell(5);
  vi.setSystemTime(Date.now() + 50_000);
  expect(clock.problem()).toContain('50 s ahead of');
  vi.setSystemTime(Date.now() - 100_000);
  expect(clock.problem()).toContain('50 s behind');
  vi.setSystemTime(Date.now() + 50_000);
  expect(clock.problem()).toBeNull();
});

it('a relay whose clock is set wrong is believed when it has told so twice', () => {
  welcome(5);
  tell(5, -45_000);
  expect(clock.problem()).toBeNull();
  tell(5, -45_000);
  expect(clock.problem()).toContain('45 s ahead of');
  tell(5);
  expect(clock.problem()).toBeNull();
});
