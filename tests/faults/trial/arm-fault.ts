// Makes one fault ready to happen at its point of a trial, and heals it afterwards. Entered before the run is asked for.
// Touches processes, proxies and disks of the world, through their own doors.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@sena/testing/eventually';
import { type Cell, type Fault, type ServiceName, statementsOf } from '../cells.ts';
import type { TcpProxy } from '../proxies/start-tcp-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import type { World } from '../world/start-world.ts';
import { armClientAtRequest, armClientLine } from './arm-client-fault.ts';
import { armFormerAssignment } from './arm-former-assignment.ts';
import { armFormerRelay } from './arm-former-relay.ts';
import { armModelLine } from './arm-model-line.ts';
import { armNodePowerLoss } from './arm-node-power-loss.ts';
import { armOneOfTwo } from './arm-one-of-two.ts';
import { armOvertakenOrchestrator } from './arm-overtaken-orchestrator.ts';
import { armProcessFault } from './arm-process-fault.ts';
import { armTunnelAtFrame, armTunnelLine } from './arm-tunnel-fault.ts';
import type { Armed, ArmedFault } from './armed-fault.ts';
import { atFrame, atMoment, nthOf } from './at-frame.ts';
import { silence, worsenLine } from './worsen-line.ts';

interface Site {
  readonly world: World;
  /** Of a cloud's fault: all of them. */
  readonly lanes: readonly Lane[];
  readonly random: SeededRandom;
}

export async function armFault(cell: Cell, site: Site): Promise<ArmedFault> {
  const { node = null, hasFired, heal, violations = () => [] } = await arm(cell.fault, site);
  return { cell, node, hasFired, heal, violations };
}

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
      // A satellite that writes nothing more does not end of it; one without a connection can't be connected again either.
      const fullMs = random.between(2_000, 20_000);
      const makeRoomLater = () => void sleep(fullMs).then(() => lane.satellite.makeRoom());
      if (fault.step === 'accept') {
        const isFull = await lane.satellite.fillDisk();
        makeRoomLater();
        return { hasFired: () => isFull, heal: async () => undefined };
      }
      const frame = {
        starting: 'dispatch-ack',
        running: 'started',
        finish: 'started',
        'outcome-acked': 'result',
      } as const;
      let isFull = false;
      const armed = atFrame(lane, frame[fault.step], 1, () => {
        void lane.satellite.fillDisk().then((filled) => {
          isFull = filled;
          makeRoomLater();
        });
        return 'carry';
      });
      return { ...armed, hasFired: () => isFull };
    }
    case 'satellite-restarts': {
      const delayMs = random.between(0, 400);
      let restarting: Promise<void> = Promise.resolve();
      const act = () => {
        restarting = sleep(delayMs).then(() => lane.satellite.restart());
        return 'carry' as const;
      };
      return atFrame(lane, fault.frame, 1, act, () => restarting);
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
      return armTunnelAtFrame(fault, lane, random);
    case 'tunnel-line':
      return armTunnelLine(fault.how, lane, random);
    case 'tunnel-half-open': {
      const silent = silence(lane.tunnel, halfOpenMs(random));
      const begin = () => {
        silent.begin();
        return 'carry' as const;
      };
      return atFrame(lane, 'started', 1, begin, async () => silent.end());
    }
    case 'ssh-half-open': {
      const { name, ssh } = random.pick(lane.nodes);
      const silent = silence(ssh, halfOpenMs(random));
      return { ...atMoment(fault.moment, lane, random, silent.begin, async () => silent.end()), node: name };
    }
    case 'ssh-line': {
      const node = random.pick(lane.nodes);
      const lasts = worsenLine(node.ssh, fault.how, random);
      return { ...atMoment(fault.moment, lane, random, lasts.act, lasts.heal), node: node.name };
    }
    case 'ssh-late': {
      const { name, ssh } = random.pick(lane.nodes);
      await warmUp(world, lane);
      const late = { cutMs: random.between(50, 300), lateMs: random.between(1_500, 4_000) };
      let stranding: ReturnType<typeof ssh.strand> | null = null;
      const { heal } = atFrame(lane, 'dispatch', 1, () => {
        stranding = ssh.strand(late.cutMs, late.lateMs);
        return 'carry';
      });
      return {
        node: name,
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
      return { ...atMoment(fault.moment, lane, random, act, () => rebooting), node: node.name };
    }
    case 'node-loses-power':
      return armNodePowerLoss(fault.moment, lane, random);
    case 'node-clock': {
      const { name, setClock } = random.pick(lane.nodes);
      const hasFired = await setClock(fault.offsetMs);
      return {
        node: name,
        hasFired: () => hasFired,
        async heal() {
          if (hasFired) await setClock(0);
        },
      };
    }
    case 'client-at-request':
      return armClientAtRequest(fault, lane, random);
    case 'client-line':
      return armClientLine(fault.how, lane, random);
    case 'orchestrator-beyond-lease':
      return armOvertakenOrchestrator(fault, world);
    case 'service-at-commit': {
      const { service, how } = fault;
      const statement = statementsOf[service][fault.statement];
      if (statement === undefined) throw new Error(`no statement ${fault.statement} of ${service}`);
      const process_ = armProcessFault(world, service, how, random.between(300, 5_000));
      let hasFired = false;
      const takeAway = world.postgresOf[service].set({
        ...{ statement, when: fault.when },
        spring() {
          hasFired = true;
          process_.act();
          return how === 'kill' ? 'drop' : 'carry';
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
      const process_ = armProcessFault(world, 'relay', fault.how, random.between(300, 5_000));
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
    case 'one-of-two':
      return armOneOfTwo(fault, lane, world, random);
    case 'former-assignment':
      return armFormerAssignment(lane, world);
    case 'model-line':
      return armModelLine(fault, world, random);
    case 'former-relay':
      return armFormerRelay(fault.how, lane, world);
    case 'postgres-restarts':
      return atOnce(() => world.postgres.restart());
    case 'postgres-line': {
      const line = worsenLine(world.postgresOf[fault.service], fault.how, random);
      return atOnce(line.act, line.heal);
    }
    case 'postgres-half-open':
      return atOnce(() => world.postgresOf[fault.service].abandon());
    case 'postgres-clock': {
      const wrongMs = random.between(4_000, 12_000);
      return atOnce(
        () => world.postgresClock.set(fault.offsetMs),
        () => sleep(wrongMs).then(() => world.postgresClock.set(0)),
      );
    }
    case 'model-router-asked': {
      const process_ = armProcessFault(world, 'model-router', fault.how, random.between(300, 5_000));
      const delayMs = fault.when === 'before' ? 0 : random.between(5, 60);
      const away = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
      let hasFired = false;
      const takeAway = world.onceModelIsAsked(() => {
        hasFired = true;
        if (fault.how === 'kill') world.modelRouterAway.push(away);
        if (delayMs === 0) process_.act();
        else setTimeout(process_.act, delayMs);
      });
      return {
        hasFired: () => hasFired,
        async heal() {
          takeAway();
          await sleep(delayMs);
          await process_.heal();
          away.untilMs = Date.now();
        },
      };
    }
    case 'redis-half-open':
      return atOnce(() => redisOf(world, fault.service).abandon());
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
      const line = worsenLine(redisOf(world, fault.service), fault.how, random);
      return atOnce(line.act, line.heal);
    }
  }
}

/** A tunnel's two ends look every 15 s and give up at the second look without an answer. */
const halfOpenMs = (random: SeededRandom) => random.between(20_000, 50_000);

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

async function atOnce(act: () => unknown, heal: () => Promise<void> = async () => undefined): Promise<Armed> {
  await act();
  return { hasFired: () => true, heal };
}

function redisOf(world: World, service: ServiceName): TcpProxy {
  const proxy = world.redisOf?.[service];
  if (proxy === undefined) throw new Error('there is no Redis in this world');
  return proxy;
}

async function flushRedis({ redis }: World): Promise<void> {
  if (redis === null) throw new Error('there is no Redis in this world');
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
  socket.write('FLUSHALL\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith('+OK')) throw new Error(`Redis was not flushed: ${answer}`);
}
