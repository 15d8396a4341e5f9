// What happens to a line over which a model is asked: the orchestrator's to the model router, or the router's to its vendor. It happens with a
// question, so that there is something to lose. Entered by arm-fault. Touches that proxy.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../cells.ts';
import type { HttpProxy } from '../proxies/start-http-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { World } from '../world/start-world.ts';
import type { Armed } from './armed-fault.ts';
import { silence, worsenLine } from './worsen-line.ts';

export function armModelLine(
  { to, how, at }: Extract<Fault, { kind: 'model-line' }>,
  world: World,
  random: SeededRandom,
): Armed {
  const line = world.modelLines[to];
  const worse = how === 'half-open' ? beSilent(line, random.between(20_000, 50_000)) : worsenLine(line, how, random);
  // The router asks its vendor again. The orchestrator has no second try at first, and asks the runbooks.
  const isAway = to === 'model-router' && how !== 'slow' && how !== 'narrow';
  const away = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
  let hasFired = false;
  const takeAway = line.set({
    ...{ request: /^POST \S*\/chat\/completions /, at },
    spring() {
      hasFired = true;
      if (isAway) world.modelRouterAway.push(away);
      if (how === 'cut') return 'drop';
      worse.act();
      return 'carry';
    },
  });
  return {
    hasFired: () => hasFired,
    async heal() {
      takeAway();
      await worse.heal();
      away.untilMs = Date.now();
    },
  };
}

/** Whoever asks waits for minutes, as for a model that thinks. The line is cut before that. */
function beSilent(line: HttpProxy, silentMs: number): { act(): void; heal(): Promise<void> } {
  const silent = silence(line, silentMs);
  let untilMs = 0;
  return {
    act() {
      untilMs = performance.now() + silentMs;
      silent.begin();
    },
    async heal() {
      await sleep(Math.max(0, untilMs - performance.now()));
      silent.end();
    },
  };
}
