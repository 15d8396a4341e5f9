// Makes one fault ready to happen at its point of a trial, and heals it afterwards. Entered before the run is asked for.
// Touches processes, proxies and disks of the world, through their own doors.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@sena/testing/eventually';
import { type Cell, type Fault, type Moment, type ServiceName, statementsOf } from '../cells.ts';
import type { FrameName } from '../proxies/start-tunnel-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { secondRelayId } from '../world/start-second-relay.ts';
import type { Lane, World } from '../world/start-world.ts';

export interface ArmedFault {
  readonly cell: Cell;
  /** It has happened. One that never did proves nothing and is not counted. */
  hasFired(): boolean;
  /** What was seen meanwhile that must not be, a sentence each. */
  violations(): readonly string[];
  /** Whatever it did is over when this resolves; whatever it would have done no longer will be. */
  heal(): Promise<void>;
}

interface Site {
  readonly world: World;
  /** Of a cloud's fault: all of them. */
  readonly lanes: readonly Lane[];
  readonly random: SeededRandom;
}

export async function armFault(cell: Cell, site: Site): Promise<ArmedFault> {
  const { hasFired, heal, violations = () => [] } = await arm(cell.fault, site);
  return { cell, hasFired, heal, violations };
}

type Armed = Pick<ArmedFault, 'hasFired' | 'heal'> & Partial<Pick<ArmedFault, 'violations'>>;

async function arm(fault: Fault, site: Site): Promise<Armed> {
  const { world, random } = site;
  const lane = site.lanes[0] as Lane;
  const nodeCount = lane.nodes.length;
  switch (fault.kind) {
    case 'none':
      return { hasFired: () => true, heal: async () => undefined };
    case 'satellite-at-commit':
    case 'satellite-loses-power': {
      const { step, when } = fault;
      const isStop = fault.kind === 'satellite-at-commit' && fault.how === 'stop';
      if (fault.kind === 'satellite-loses-power') {
        if (!lane.satellite.canLosePower) return { hasFired: () => false, heal: async () => undefined };
        lane.satellite.losesPowerAtNextEnd(true);
      }
      // After the last one of its kind nothing is under way any more.
      const nth = step === 'finish' || step === 'outcome-acked' ? nodeCount : 1;
      const point = await lane.satellite.atCommit({ step, when, nth, signal: isStop ? 'SIGSTOP' : 'SIGKILL' });
      return {
        hasFired: point.hasFired,
        async heal() {
          await point.takeAway();
          if (!point.hasFired()) lane.satellite.losesPowerAtNextEnd(false);
        },
      };
    }
    case 'satellite-at-frame': {
      const pausedMs = random.between(500, 4_000);
      const downMs = random.pick([0, 0, 1_500]);
      const act = () => (fault.how === 'kill' ? lane.satellite.kill(downMs) : lane.satellite.pause(pausedMs));
      return atFrame(lane, fault.frame, nthOf(fault.frame, nodeCount), () => {
        if (fault.when === 'before') {
          act();
          return fault.how === 'kill' ? 'drop' : 'carry';
        }
        setTimeout(act, random.between(0, 30));
        return 'carry';
      });
    }
    case 'satellite-disk-full': {
      if (fault.step === 'accept') {
        await lane.satellite.fillDisk();
        return { hasFired: () => true, heal: async () => undefined };
      }
      const frame = {
        starting: 'dispatch-ack',
        running: 'started',
        finish: 'started',
        'outcome-acked': 'result',
      } as const;
      return atFrame(lane, frame[fault.step], 1, () => {
        void lane.satellite.fillDisk();
        return 'carry';
      });
    }
    case 'satellite-clock': {
      const heal = () => lane.satellite.setClock(0).then(() => sleep(120));
      if (fault.moment === 'start') {
        await lane.satellite.setClock(fault.offsetMs);
        await sleep(120);
        return { hasFired: () => true, heal };
      }
      return atFrame(
        lane,
        'started',
        1,
        () => {
          void lane.satellite.setClock(fault.offsetMs);
          return 'carry';
        },
        heal,
      );
    }
    case 'tunnel-at-frame':
      return tunnelAtFrame(fault, lane, random);
    case 'tunnel-line':
      return tunnelLine(fault.how, lane, random);
    case 'ssh-line': {
      const node = random.pick(lane.nodes);
      const lasts = lineFault(node.ssh, fault.how, random);
      return atMoment(fault.moment, lane, random, lasts.act, lasts.heal);
    }
    case 'ssh-late': {
      const { ssh } = random.pick(lane.nodes);
      await warmUp(world, lane);
      const late = { cutMs: random.between(50, 300), lateMs: random.between(1_500, 4_000) };
      let stranding: ReturnType<typeof ssh.strand> | null = null;
      const { heal } = atFrame(lane, 'dispatch', 1, () => {
        stranding = ssh.strand(late.cutMs, late.lateMs);
        return 'carry';
      });
      return {
        hasFired: () => (stranding?.lateUps() ?? 0) > 0,
        async heal() {
          await heal();
          stranding?.end();
          // What is late has to arrive before the node is looked at.
          if ((stranding?.lateUps() ?? 0) > 0) await sleep(late.cutMs + late.lateMs + 700);
        },
      };
    }
    case 'node-reboots': {
      const node = random.pick(lane.nodes);
      let rebooting: Promise<void> = Promise.resolve();
      const act = () => {
        rebooting = node.host.reboot();
      };
      return atMoment(fault.moment, lane, random, act, () => rebooting);
    }
    case 'service-at-commit': {
      const statement = statementsOf[fault.service][fault.statement];
      if (statement === undefined) throw new Error(`no statement ${fault.statement} of ${fault.service}`);
      const process_ = processFault(world, fault.service, fault.how, random);
      let hasFired = false;
      const takeAway = world.postgresOf[fault.service].set({
        ...{ statement, when: fault.when },
        spring() {
          hasFired = true;
          process_.act();
          return fault.how === 'kill' ? 'drop' : 'carry';
        },
      });
      return {
        hasFired: () => hasFired,
        async heal() {
          takeAway();
          await process_.heal();
        },
      };
    }
    case 'relay-at-frame': {
      const process_ = processFault(world, 'relay', fault.how, random);
      let hasFired = false;
      const traps = site.lanes.map(({ tunnel }) =>
        tunnel.set({
          ...{ frame: fault.frame, nth: 1 },
          spring() {
            if (hasFired) return 'carry';
            hasFired = true;
            process_.act();
            return fault.how === 'kill' && fault.when === 'before' ? 'drop' : 'carry';
          },
        }),
      );
      return {
        hasFired: () => hasFired,
        async heal() {
          for (const takeAway of traps) takeAway();
          await process_.heal();
        },
      };
    }
    case 'former-relay':
      return formerRelay(fault.how, lane, world);
    case 'postgres-restarts':
      return atOnce(() => world.postgres.restart());
    case 'postgres-line': {
      const line = lineFault(world.postgresOf[fault.service], fault.how, random);
      return atOnce(line.act, line.heal);
    }
    case 'redis-dies': {
      const downMs = random.between(0, 3_000);
      return atOnce(async () => {
        await world.redis?.kill();
        await sleep(downMs);
        await world.redis?.startAgain();
      });
    }
    case 'redis-is-flushed':
      return atOnce(() => flushRedis(world));
    case 'redis-line': {
      const proxy = world.redisOf?.[fault.service];
      if (proxy === undefined) throw new Error('there is no Redis in this world');
      const line = lineFault(proxy, fault.how, random);
      return atOnce(line.act, line.heal);
    }
  }
}

/** A run like any other: faults of the cloud may delay it as long. */
const warmUpMs = 180_000;

/** After a change there is a connection to each node, over which the next one is sent without another word. */
async function warmUp(world: World, lane: Lane): Promise<void> {
  const deadlineMs = performance.now() + warmUpMs;
  const runId = await world.api.ask({ command: 'date > /srv/warm' }, lane.selector, deadlineMs);
  await eventually(
    'the lane is warm',
    async () => {
      const [run] = await world.query<{ status: string; approval_id: string | null }>(
        `select r.status, a.id as approval_id from runs r left join approvals a on a.run_id = r.id and a.status = 'pending' where r.id = $1`,
        [runId],
      );
      if (run?.approval_id) await world.api.approve(run.approval_id, deadlineMs);
      return run?.status === 'succeeded';
    },
    { timeoutMs: warmUpMs, everyMs: 100 },
  );
}

/** One result, one acknowledgement a node: after the last, nothing is under way. */
function nthOf(frame: FrameName, nodeCount: number): number {
  return frame === 'result' || frame === 'outcome-ack' ? nodeCount : 1;
}

function atFrame(
  lane: Lane,
  frame: FrameName,
  nth: number,
  spring: () => 'carry' | 'drop',
  heal: () => Promise<void> = async () => undefined,
): Armed {
  let hasFired = false;
  const takeAway = lane.tunnel.set({
    ...{ frame, nth },
    spring() {
      hasFired = true;
      return spring();
    },
  });
  return {
    hasFired: () => hasFired,
    async heal() {
      takeAway();
      await heal();
    },
  };
}

async function atOnce(act: () => unknown, heal: () => Promise<void> = async () => undefined): Promise<Armed> {
  await act();
  return { hasFired: () => true, heal };
}

function tunnelAtFrame(fault: Extract<Fault, { kind: 'tunnel-at-frame' }>, lane: Lane, random: SeededRandom): Armed {
  const { tunnel } = lane;
  const silentMs = random.between(300, 3_000);
  // Nobody is asked what is known before a connection has been lost.
  if (fault.frame === 'reconciled') tunnel.set({ frame: 'started', nth: 1, spring: () => 'drop' });
  return atFrame(
    lane,
    fault.frame,
    nthOf(fault.frame, lane.nodes.length),
    () => {
      if (fault.how === 'silent') {
        const begin = () => {
          tunnel.setQuality({ kind: 'silent' });
          setTimeout(() => {
            tunnel.cut();
            tunnel.setQuality({ kind: 'good' });
          }, silentMs);
        };
        if (fault.when === 'before') begin();
        else setTimeout(begin, 5);
        return 'carry';
      }
      if (fault.when === 'before') return 'drop';
      setTimeout(() => tunnel.cut(), random.between(0, 20));
      return 'carry';
    },
    async () => {
      tunnel.setQuality({ kind: 'good' });
    },
  );
}

function tunnelLine(how: 'slow' | 'narrow' | 'repeat' | 'swap', { tunnel }: Lane, random: SeededRandom): Armed {
  if (how === 'repeat' || how === 'swap') {
    const end = tunnel.mix(how, random.between(1, 12));
    let mixed = 0;
    return {
      hasFired: () => mixed > 0,
      async heal() {
        mixed = end();
      },
    };
  }
  const timer = worsenFor(tunnel, how, random);
  return {
    hasFired: () => true,
    async heal() {
      clearTimeout(timer);
      tunnel.setQuality({ kind: 'good' });
    },
  };
}

/** For a while; what is slow for ever only makes the trial long. */
function worsenFor(
  line: { setQuality: Lane['tunnel']['setQuality'] },
  how: 'slow' | 'narrow',
  random: SeededRandom,
): NodeJS.Timeout {
  line.setQuality(
    how === 'slow'
      ? { kind: 'slow', delayMs: random.between(50, 500) }
      : { kind: 'narrow', bytesPerSecond: random.between(20_000, 2_000_000) },
  );
  return setTimeout(() => line.setQuality({ kind: 'good' }), random.between(1_000, 4_000));
}

function lineFault(
  proxy: { setQuality: Lane['tunnel']['setQuality']; cut(): unknown },
  how: 'cut' | 'silent' | 'slow' | 'narrow',
  random: SeededRandom,
): { act(): void; heal(): Promise<void> } {
  const silentMs = random.between(300, 3_000);
  const endsInCut = random.chance(0.7);
  let timer: NodeJS.Timeout | undefined;
  return {
    act() {
      if (how === 'cut') {
        proxy.cut();
      } else if (how === 'silent') {
        proxy.setQuality({ kind: 'silent' });
        timer = setTimeout(() => {
          if (endsInCut) proxy.cut();
          proxy.setQuality({ kind: 'good' });
        }, silentMs);
      } else {
        timer = worsenFor(proxy, how, random);
      }
    },
    async heal() {
      clearTimeout(timer);
      proxy.setQuality({ kind: 'good' });
    },
  };
}

function atMoment(moment: Moment, lane: Lane, random: SeededRandom, act: () => void, heal: () => Promise<void>): Armed {
  const delayMs = { connecting: random.between(0, 60), running: random.between(0, 400), output: random.between(0, 60) }[
    moment
  ];
  const frame = ({ connecting: 'dispatch', running: 'started', output: 'output' } as const)[moment];
  return atFrame(
    lane,
    frame,
    1,
    () => {
      setTimeout(act, delayMs);
      return 'carry';
    },
    heal,
  );
}

async function flushRedis({ redis }: World): Promise<void> {
  if (redis === null) throw new Error('there is no Redis in this world');
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
  socket.write('FLUSHALL\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith('+OK')) throw new Error(`Redis was not flushed: ${answer}`);
}

/** Long enough for the former relay to look for work, to report whom it holds, and to hear that this one is not its own. */
const formerRelayMs = 8_000;

/** The satellite moves to another relay. Whatever the former one does, PostgreSQL says that the other one holds it. */
async function formerRelay(how: 'lives-on' | 'wakes-up', lane: Lane, world: World): Promise<Armed> {
  const { tunnel, satellite } = lane;
  const { tunnelUrl } = await world.secondRelay();
  const former = world.stack.processes.relay;
  tunnel.leadTo(tunnelUrl);
  tunnel.abandon();
  if (how === 'wakes-up') former.kill('SIGSTOP');
  const wakes = sleep(2_000).then(() => former.kill('SIGCONT'));
  await eventually(`${satellite.name} has moved`, () => tunnel.isUp(), { timeoutMs: 60_000, everyMs: 50 });
  const movedAtMs = performance.now();
  const seen = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      // Not while PostgreSQL is away, which another fault may have seen to.
      const rows = await world
        .query<{ relay_id: string | null }>('select relay_id from satellites where name = $1', [satellite.name])
        .catch(() => []);
      for (const { relay_id: relayId } of rows) {
        if (relayId !== secondRelayId)
          seen.add(`a former relay has changed who holds ${satellite.name}: ${relayId ?? 'nobody'}`);
      }
      await sleep(100);
    }
  })();
  return {
    hasFired: () => true,
    violations: () => [...seen],
    async heal() {
      await wakes;
      await sleep(Math.max(0, formerRelayMs - (performance.now() - movedAtMs)));
      isOver = true;
      await watching;
      tunnel.leadTo(null);
      tunnel.cut();
    },
  };
}

function processFault(
  world: World,
  service: ServiceName,
  how: 'kill' | 'stop',
  random: SeededRandom,
): { act(): void; heal(): Promise<void> } {
  const process_ = world.stack.processes[service];
  const stoppedMs = random.between(300, 5_000);
  let over: Promise<unknown> = Promise.resolve();
  return {
    act() {
      const pid = process_.pid();
      if (pid === null) return;
      if (how === 'kill') {
        process_.kill('SIGKILL');
        over = process_.restart();
      } else {
        process.kill(pid, 'SIGSTOP');
        over = sleep(stoppedMs).then(() => process_.kill('SIGCONT'));
      }
    },
    async heal() {
      await over;
      await process_.whenReady();
    },
  };
}
