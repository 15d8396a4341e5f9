// Loaded into a process before its program (`--import`): tells through file descriptor 3, four times a second, how long its event loop
// stood still at most, how much of that its main thread was computing, and how much memory it has. Keeps no process alive.
import { writeSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const resolutionMs = 5;
const windowMs = 250;

const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
histogram.enable();
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
let last = { atMs: performance.now(), cpuMs: cpuMs() };
/** The longest gap between two beats of this window, and what the thread computed in it. */
let worst = { gapMs: 0, cpuMs: 0 };

setInterval(() => {
  const now = { atMs: performance.now(), cpuMs: cpuMs() };
  const gapMs = now.atMs - last.atMs - resolutionMs;
  if (gapMs > worst.gapMs) worst = { gapMs, cpuMs: now.cpuMs - last.cpuMs };
  last = now;
}, resolutionMs).unref();

setInterval(() => {
  const stallMs = Math.max(worst.gapMs, histogram.max / 1e6 - resolutionMs, 0);
  const sample = { atMs: Date.now(), stallMs, cpuMs: worst.cpuMs, rssBytes: process.memoryUsage.rss() };
  histogram.reset();
  worst = { gapMs: 0, cpuMs: 0 };
  try {
    writeSync(3, `${JSON.stringify(sample)}\n`);
  } catch (error) {
    // Whoever measured has gone, or does not read just now: the sample is lost, the process is not.
    if (!['EPIPE', 'EAGAIN', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}, windowMs).unref();
