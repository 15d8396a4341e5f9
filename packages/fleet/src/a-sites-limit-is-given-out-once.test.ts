import { expect, it } from 'vitest';
import { divideLimit } from './divide-site-limit.ts';

const held = (...mayRun: number[]) => mayRun.map((each) => ({ mayRun: each, isHeld: true }));
const told = (...share: Parameters<typeof divideLimit>) => divideLimit(...share).map(({ runningMax }) => runningMax);

it('equal shares, the first get what is left over, and everybody gets one', () => {
  expect(told(7, held(0, 0, 0))).toEqual([3, 2, 2]);
  expect(told(2, held(0))).toEqual([2]);
  expect(told(2, held(0, 0, 0))).toEqual([1, 1, 1]);
});

it('who comes gets nothing before another one has made room', () => {
  expect(divideLimit(2, held(2, 0))).toEqual([
    { runningMax: 1, mayRun: 2 },
    { runningMax: 0, mayRun: 0 },
  ]);
  expect(told(2, held(1, 0))).toEqual([1, 1]);
  expect(divideLimit(4, [...held(0), { mayRun: 3, isHeld: false }])).toEqual([
    { runningMax: 1, mayRun: 1 },
    { runningMax: 3, mayRun: 3 },
  ]);
});

it('whoever comes, goes, begins and ends, in whatever order it is heard: never more at once, and in the end all of it is given out', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let trial = 0; trial < 200; trial += 1) {
    const limit = 1 + random(6);
    const satellites: Array<{ relay: number; mayRun: number; told: number; running: number }> = [];
    const divide = (relay: number | null) => {
      const shares = divideLimit(
        limit,
        satellites.map(({ mayRun, relay: its }) => ({ mayRun, isHeld: relay === null || its === relay })),
      );
      for (const [index, satellite] of satellites.entries()) {
        satellite.mayRun = shares[index]?.mayRun ?? 0;
        if (relay === null || satellite.relay === relay) satellite.told = shares[index]?.runningMax ?? 0;
      }
    };
    const one = () => satellites[random(satellites.length)];
    const keep = (satellite = one()) => {
      if (satellite !== undefined && satellite.running <= satellite.told) satellite.mayRun = satellite.told;
    };
    for (let step = 0; step < 60; step += 1) {
      const satellite = one();
      const what = random(6);
      if (what === 0 && satellites.length < 4) satellites.push({ relay: random(2), mayRun: 0, told: 0, running: 0 });
      else if (what === 1 && random(3) === 0) satellites.splice(random(satellites.length), 1);
      else if (what === 2) keep();
      else if (what === 3 && satellite !== undefined) satellite.running = Math.max(0, satellite.running - 1);
      else if (what === 4) divide(random(2));
      else if (satellite !== undefined && satellite.running < satellite.told) satellite.running += 1;
      const running = satellites.reduce((sum, each) => sum + each.running, 0);
      expect(running).toBeLessThanOrEqual(Math.max(limit, satellites.length));
    }
    for (const satellite of satellites) satellite.running = 0;
    for (let round = 0; round < 3; round += 1) {
      divide(null);
      for (const satellite of satellites) keep(satellite);
    }
    const given = satellites.reduce((sum, each) => sum + each.told, 0);
    if (satellites.length > 0) expect(given).toBe(Math.max(limit, satellites.length));
  }
});
