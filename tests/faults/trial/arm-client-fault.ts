// What happens to the line between a client and the API, when it asks for something and when it is answered. The client asks again, with the
// same key. Entered by arm-fault. Touches the lane's proxy before the API.
import { setTimeout as sleep } from 'node:timers/promises';
import { clientRequests, type Fault } from '../cells.ts';
import { firstLineOf } from '../proxies/start-http-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import type { Armed } from './armed-fault.ts';
import { worsenFor } from './worsen-line.ts';

export function armClientAtRequest(
  fault: Extract<Fault, { kind: 'client-at-request' }>,
  { client }: Lane,
  random: SeededRandom,
): Armed {
  const request = clientRequests[fault.request];
  if (fault.how === 'late') {
    const late = { cutMs: random.between(0, 50), lateMs: random.between(500, 4_000) };
    const stranding = client.strand(late.cutMs, late.lateMs, (piece) => request.test(firstLineOf(piece) ?? ''));
    return {
      hasFired: () => stranding.lateUps() > 0,
      async heal() {
        stranding.end();
        // What is late has to arrive before anything is counted.
        if (stranding.lateUps() > 0) await sleep(late.cutMs + late.lateMs + 700);
      },
    };
  }
  let hasFired = false;
  const takeAway = client.set({
    ...{ request, at: fault.at },
    spring() {
      hasFired = true;
      if (fault.how === 'cut') return 'drop';
      client.abandon();
      return 'carry';
    },
  });
  return {
    hasFired: () => hasFired,
    async heal() {
      takeAway();
    },
  };
}

export function armClientLine(how: 'slow' | 'narrow', { client }: Lane, random: SeededRandom): Armed {
  const timer = worsenFor(client, how, random);
  return {
    hasFired: () => true,
    async heal() {
      clearTimeout(timer);
      client.setQuality({ kind: 'good' });
    },
  };
}
