// A node with a guard loses its power: at a moment of its command, or when the end of it is on disk and nobody has been told. Entered by
// arm-fault. Touches that node and its line.
import { setTimeout as sleep } from 'node:timers/promises';
import { dispatchEnvelopeSchema } from '@sena/contracts/envelope';
import type { Moment } from '../cells.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane, LaneNode } from '../world/start-lane.ts';
import type { Armed } from './armed-fault.ts';
import { atMoment } from './at-frame.ts';

/** Before it has ended on the node, its satellite hears nothing for so long. */
const endWaitMs = 6_000;

export async function armNodePowerLoss(moment: Moment | 'ended', lane: Lane, random: SeededRandom): Promise<Armed> {
  const able = lane.nodes.filter(({ disk }) => disk !== null);
  if (able.length === 0) return { hasFired: () => false, heal: async () => undefined };
  const node = random.pick(able);
  const draw = random.between(0, 1_000_000);
  if (moment === 'ended') return armAtEnd(lane, node, draw);
  let losing: Promise<void> = Promise.resolve();
  const act = () => {
    losing = node.disk?.losePower(draw) ?? losing;
  };
  return { ...atMoment(moment, lane, random, act, () => losing), node: node.name };
}

/** From its start on the node's line says nothing; the end is waited for on the node itself, and nobody else has heard of it. */
function armAtEnd({ tunnel }: Lane, { name, ssh, disk }: LaneNode, draw: number): Armed {
  let executionId: string | null = null;
  let hasFired = false;
  let isOver = false;
  let losing: Promise<void> | null = null;
  const stopListening = tunnel.onFrame((frame) => {
    if (frame.t === 'dispatch') {
      const [, payload = ''] = frame.envelope.split('.');
      const { nodes } = dispatchEnvelopeSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
      executionId ??= nodes.find((each) => each.name === name)?.executionId ?? null;
    }
    if (frame.t === 'started' && frame.executionId === executionId) losing ??= lose(executionId);
  });
  async function lose(id: string): Promise<void> {
    ssh.setQuality({ kind: 'silent' });
    const untilMs = performance.now() + endWaitMs;
    try {
      while (!hasFired && !isOver && performance.now() < untilMs) {
        if (await disk?.hasSyncedEnd(id)) {
          hasFired = true;
          await disk?.losePower(draw);
        } else {
          await sleep(50);
        }
      }
      // What was on its way when the power went is gone with it.
      if (hasFired) ssh.cut();
    } finally {
      ssh.setQuality({ kind: 'good' });
    }
  }
  return {
    node: name,
    hasFired: () => hasFired,
    async heal() {
      isOver = true;
      stopListening();
      await losing;
    },
  };
}
