// Every fault that is injected, and where `unknown` is a true answer to it. Written down before anything runs: what is not allowed here is
// a violation. Data only; benchmarks/faults.md shows it as a table. Two processes have no cell: the console and the front hold nothing of a
// run, write nothing, and pass on what clients ask for; clients of these worlds ask the gateway.
import type { FrameName } from './proxies/start-tunnel-proxy.ts';

/** How a command ran: what both ends call read-only, what a guard on the node keeps, what nothing keeps. */
export type Mode = 'direct' | 'guarded' | 'plain';

export const journalSteps = ['accept', 'starting', 'running', 'finish', 'outcome-acked'] as const;
export type JournalStep = (typeof journalSteps)[number];
export type When = 'before' | 'after';
export type ServiceName = 'gateway' | 'orchestrator' | 'signer' | 'relay';
type Process = 'kill' | 'stop';
type Line = 'cut' | 'silent' | 'slow' | 'narrow';
/** Who is asked: the router by the orchestrator, the vendor by the router. */
export type ModelServer = 'model-router' | 'vendor';
/** Of a command: its connection is being opened, it runs, its output is under way. */
export type Moment = 'connecting' | 'running' | 'output';

export type Fault =
  | { kind: 'none' }
  | { kind: 'satellite-at-commit'; how: Process; step: JournalStep; when: When }
  | { kind: 'satellite-at-frame'; how: Process; frame: FrameName; when: When }
  | { kind: 'satellite-loses-power'; step: JournalStep; when: When }
  | { kind: 'satellite-disk-full'; step: JournalStep }
  /** Politely (SIGTERM), by its operator, with work under way. */
  | { kind: 'satellite-restarts'; frame: 'dispatch' | 'started' | 'output' }
  | { kind: 'satellite-clock'; offsetMs: number; moment: 'start' | 'running' }
  | { kind: 'tunnel-at-frame'; how: 'cut' | 'silent'; frame: FrameName; when: When }
  | { kind: 'tunnel-line'; how: 'slow' | 'narrow' | 'repeat' | 'swap' }
  /** Nothing passes any more and nobody is told: the two ends have to notice. */
  | { kind: 'tunnel-half-open' }
  | { kind: 'ssh-half-open'; moment: Moment }
  | { kind: 'ssh-line'; how: Line; moment: Moment }
  | { kind: 'ssh-late' }
  | { kind: 'node-reboots'; moment: Moment }
  /** What its guard had not synced is gone, or empty, or there all the same. `ended`: the end is on its disk and nobody has been told. */
  | { kind: 'node-loses-power'; moment: Moment | 'ended' }
  | { kind: 'node-clock'; offsetMs: number }
  | { kind: 'service-at-commit'; service: ServiceName; how: Process; statement: string; when: When }
  /** For longer than it holds its runs: another one has taken them when it goes on. */
  | { kind: 'orchestrator-beyond-lease'; point: BeyondLeasePoint; when: When }
  | { kind: 'relay-at-frame'; how: Process; frame: FrameName; when: When }
  /** One of two at a site goes, before its work is sent to it or with a frame, and is back when the other one has been asked. */
  | { kind: 'one-of-two'; how: Process; at: 'before-send' | FrameName }
  | { kind: 'former-relay'; how: 'lives-on' | 'wakes-up' }
  /** Work moved before it was sent, and back; then what was signed for its first assignment is delivered as well. */
  | { kind: 'former-assignment' }
  /**
   * `late`: it reaches the API when its client has given up and asked again. `half-open`: the line is dead for ever and nobody is told.
   */
  | { kind: 'client-at-request'; how: 'cut' | 'late' | 'half-open'; request: ClientRequest; at: 'request' | 'answer' }
  | { kind: 'client-line'; how: 'slow' | 'narrow' }
  | { kind: 'postgres-restarts' }
  | { kind: 'postgres-line'; service: ServiceName; how: Line }
  /** The service's connections are dead for ever and nobody is told; new ones work. */
  | { kind: 'postgres-half-open'; service: ServiceName }
  | { kind: 'postgres-clock'; offsetMs: number }
  | { kind: 'redis-dies' }
  | { kind: 'redis-is-flushed' }
  | { kind: 'redis-line'; service: ServiceName; how: Line }
  | { kind: 'redis-half-open'; service: ServiceName }
  /**
   * When a model is asked through it: before the answer has left the vendor, or right after. A question that finds no model at first is given to
   * the runbooks, says so, and may fail; what has begun is asked again.
   */
  | { kind: 'model-router-asked'; how: Process; when: When }
  /** With a question. `half-open`: nothing passes for up to 50 s; whoever waits for a model does not give up by then. */
  | { kind: 'model-line'; to: ModelServer; how: Line | 'half-open'; at: 'request' | 'answer' };

export interface Cell {
  readonly id: string;
  /** `lane`: hits one satellite and its nodes. `pair`: hits one of the two satellites of a site. `cloud`: hits everybody. */
  readonly scope: 'lane' | 'pair' | 'cloud';
  readonly fault: Fault;
  /** Twice the weight, twice as often. */
  readonly weight: number;
  /** Why nobody can know, or null where somebody can: then `unknown` is a violation. */
  readonly unknown: Readonly<Record<Mode, string | null>>;
}

const never: Cell['unknown'] = { direct: null, guarded: null, plain: null };
const plainOnly = (why: string): Cell['unknown'] => ({ direct: null, guarded: null, plain: why });

/** Once `starting` is on disk the command may have been sent; on a plain node nothing is left that could be asked. */
const begun = plainOnly('the command may have been sent, and nothing on a plain node tells what became of it');
const lostChannel = plainOnly('with its channel the end of a plain command is lost, and nothing on the node keeps it');
const halfOpen: Cell['unknown'] = {
  ...lostChannel,
  direct: 'the line says nothing for as long as both attempts may take',
};
const rebooted: Cell['unknown'] = {
  direct: 'the command was lost, and its second attempt may find the node still down',
  guarded: 'the node went down under the command before its end was written there',
  plain: 'the node went down under the command; nothing keeps what it had done by then',
};
/** It strikes nodes with a guard: on the others it is a reboot. Whatever was synced is asked for, so a synced end is never unknown. */
const powerless: Cell['unknown'] = {
  ...never,
  guarded: 'the node lost power under the command before its end had reached the disk there',
};

function atCommit(step: JournalStep, when: When): Cell['unknown'] {
  switch (step) {
    case 'accept':
      return never;
    case 'starting':
      return when === 'before' ? never : begun;
    case 'running':
      return begun;
    case 'finish':
      return when === 'before' ? begun : never;
    case 'outcome-acked':
      return never;
  }
}

/**
 * A dispatch that never arrives begins nothing; the last result of a run is in the journal before it is sent. Between the two the satellite is
 * ahead of what it says: by the time its acknowledgement is seen, a command may have been sent.
 */
function atFrame(frame: FrameName, when: When): Cell['unknown'] {
  if (frame === 'dispatch') return when === 'before' ? never : begun;
  return frame === 'result' || frame === 'outcome-ack' ? never : begun;
}

const dayMs = 86_400_000;
const whens = ['before', 'after'] as const;
const both: readonly Process[] = ['kill', 'stop'];
const lines: readonly Line[] = ['cut', 'silent', 'slow', 'narrow'];
const moments: readonly Moment[] = ['connecting', 'running', 'output'];
const executionFrames: readonly FrameName[] = [
  'dispatch',
  'dispatch-ack',
  'started',
  'output',
  'result',
  'outcome-ack',
];

/** Statement → what a transaction that does it contains, in lower case. */
export const statementsOf: Readonly<Record<ServiceName, Readonly<Record<string, RegExp>>>> = {
  gateway: { 'create-run': /insert into runs/, 'decide-approval': /update approvals set status/ },
  orchestrator: {
    'claim-run': /from claim_next_run/,
    'change-status': /update runs set status/,
    'request-approval': /insert into approvals/,
    checkpoint: /insert into \S*\bcheckpoints\b/,
    'checkpoint-writes': /insert into \S*\bcheckpoint_writes\b/,
    'write-dispatches': /insert into dispatches/,
    'save-report': /update runs set answer/,
    'release-run': /handled_count = greatest/,
  },
  signer: { sign: /insert into dispatch_envelopes/ },
  relay: {
    'take-satellite': /connection_epoch = s\.connection_epoch \+/,
    'claim-dispatches': /from claim_dispatches/,
    'acknowledge-dispatch': /update dispatches d set acked_at/,
    'record-output': /from record_output/,
    'record-results': /from record_results/,
  },
};
export const serviceNames = Object.keys(statementsOf) as ServiceName[];

/**
 * Where the orchestrator is about to change a run, or has just done so. What it has read of the outcomes is planned from at once: the change
 * is under way before it can hear that it lost its lease.
 */
export const beyondLeasePoints = {
  'read-outcomes': /select e\.id::text, e\.step, e\.node_id/,
  'write-dispatches': /insert into dispatches/,
  checkpoint: /insert into \S*\bcheckpoints\b/,
} as const;
type BeyondLeasePoint = keyof typeof beyondLeasePoints | 'model-asked';

/** What a client asks for that changes something, by the first line of the request. */
export const clientRequests = {
  'create-run': /^POST \/v1\/runs /,
  'decide-approval': /^POST \/v1\/approvals\/[^/ ]+\/decision /,
} as const;
export type ClientRequest = keyof typeof clientRequests;

function laneCells(): Cell[] {
  const cell = (id: string, fault: Fault, unknown: Cell['unknown'], weight = 1): Cell => ({
    ...{ id, scope: 'lane', fault, unknown, weight },
  });
  return [
    cell('none', { kind: 'none' }, never, 2),
    ...both.flatMap((how) =>
      journalSteps.flatMap((step) =>
        whens.map((when) =>
          cell(
            `satellite.${how}.${when}-commit.${step}`,
            { kind: 'satellite-at-commit', how, step, when },
            how === 'kill' ? atCommit(step, when) : never,
          ),
        ),
      ),
    ),
    ...both.flatMap((how) =>
      executionFrames.flatMap((frame) =>
        whens.map((when) =>
          cell(
            `satellite.${how}.${when}-frame.${frame}`,
            { kind: 'satellite-at-frame', how, frame, when },
            how === 'kill' ? atFrame(frame, when) : never,
          ),
        ),
      ),
    ),
    ...journalSteps.flatMap((step) =>
      whens.map((when) =>
        cell(
          `satellite.power-loss.${when}-commit.${step}`,
          { kind: 'satellite-loses-power', step, when },
          atCommit(step, when),
        ),
      ),
    ),
    ...journalSteps.map((step) =>
      cell(
        `satellite.disk-full.${step}`,
        { kind: 'satellite-disk-full', step },
        // The journal fails at its next commit, so the process ends: what was under way is what a kill leaves.
        step === 'accept' ? never : begun,
      ),
    ),
    ...(['dispatch', 'started', 'output'] as const).map((frame) =>
      cell(`satellite.restarts.${frame}`, { kind: 'satellite-restarts', frame }, begun),
    ),
    cell('satellite.clock.ahead', { kind: 'satellite-clock', offsetMs: 90_000, moment: 'start' }, never),
    cell('satellite.clock.behind', { kind: 'satellite-clock', offsetMs: -90_000, moment: 'start' }, never),
    cell('satellite.clock.jumps-ahead', { kind: 'satellite-clock', offsetMs: 90_000, moment: 'running' }, never),
    cell('satellite.clock.jumps-back', { kind: 'satellite-clock', offsetMs: -90_000, moment: 'running' }, never),
    ...(['cut', 'silent'] as const).flatMap((how) =>
      ([...executionFrames, 'output-ack', 'reconciled'] as const).flatMap((frame) =>
        whens.map((when) =>
          cell(`tunnel.${how}.${when}-frame.${frame}`, { kind: 'tunnel-at-frame', how, frame, when }, never),
        ),
      ),
    ),
    ...(['slow', 'narrow', 'repeat', 'swap'] as const).map((how) =>
      cell(`tunnel.${how}`, { kind: 'tunnel-line', how }, never, 3),
    ),
    cell('tunnel.half-open', { kind: 'tunnel-half-open' }, never, 0.7),
    // The satellite has moved to another relay; the former one still has its connection.
    cell('relay.former.lives-on', { kind: 'former-relay', how: 'lives-on' }, never),
    cell('relay.former.wakes-up', { kind: 'former-relay', how: 'wakes-up' }, never),
    ...moments.flatMap((moment) =>
      lines.map((how) =>
        cell(
          `ssh.${how}.${moment}`,
          { kind: 'ssh-line', how, moment },
          how === 'cut' || how === 'silent' ? lostChannel : never,
          2,
        ),
      ),
    ),
    ...moments.map((moment) => cell(`ssh.half-open.${moment}`, { kind: 'ssh-half-open', moment }, halfOpen, 0.3)),
    // The request reaches the node when the satellite has long asked there what became of it.
    cell('ssh.late', { kind: 'ssh-late' }, lostChannel, 4),
    ...moments.map((moment) => cell(`node.reboots.${moment}`, { kind: 'node-reboots', moment }, rebooted)),
    ...moments.map((moment) => cell(`node.loses-power.${moment}`, { kind: 'node-loses-power', moment }, powerless)),
    cell('node.loses-power.ended', { kind: 'node-loses-power', moment: 'ended' }, never),
    // What was asked for once is done once: a run by its key, a decision by what it decides. Where a client hears nothing it asks again after
    // its 30 s.
    ...(Object.keys(clientRequests) as ClientRequest[]).flatMap((request) => [
      ...(['request', 'answer'] as const).flatMap((at) => [
        cell(`client.cut.${at}.${request}`, { kind: 'client-at-request', how: 'cut', request, at }, never),
        cell(
          `client.half-open.${at}.${request}`,
          { kind: 'client-at-request', how: 'half-open', request, at },
          never,
          0.3,
        ),
      ]),
      cell(`client.late.${request}`, { kind: 'client-at-request', how: 'late', request, at: 'request' }, never),
    ]),
    ...(['slow', 'narrow'] as const).map((how) => cell(`client.${how}`, { kind: 'client-line', how }, never)),
    // Nothing is judged by a node's clock alone.
    cell('node.clock.ahead', { kind: 'node-clock', offsetMs: 3 * dayMs }, never),
    cell('node.clock.behind', { kind: 'node-clock', offsetMs: -3 * dayMs }, never),
  ];
}

/**
 * What was never sent to the one that is gone is the other one's, or waits. What was sent is found out by the other through the guard; for a
 * plain node it has nothing to ask there, and the one that was sent it may say more later.
 */
function pairCells(): Cell[] {
  const asked = plainOnly('its satellite is gone, and another one finds nothing on a plain node that could be asked');
  // At every moment: the frame is of one node, and of the other one nothing may have been said yet. Where its boot was said, judge-inquiries
  // lets none of this pass.
  const unsaid: Cell['unknown'] = {
    ...asked,
    guarded: 'its satellite never said under which boot it began, and a trace could have gone with another boot',
  };
  const goes = both.flatMap((how) =>
    (['before-send', 'dispatch', 'dispatch-ack', 'started', 'output', 'result'] as const).map((at) => ({
      ...{ id: `pair.${how}.${at}`, scope: 'pair' as const, fault: { kind: 'one-of-two' as const, how, at } },
      ...{ unknown: unsaid, weight: at === 'before-send' ? 2 : 1 },
    })),
  );
  // Both live, and what moves only reads. The journal knows which assignment is the present one.
  const replayed: Cell = {
    ...{ id: 'pair.former-assignment', scope: 'pair', fault: { kind: 'former-assignment' }, unknown: never, weight: 2 },
  };
  return [...goes, replayed];
}

/** PostgreSQL is the truth and acknowledgements follow commits: whatever of the cloud fails, the satellites still know. */
function cloudCells(hasRedis: boolean): Cell[] {
  const cell = (id: string, fault: Fault, weight = 1): Cell => ({
    ...{ id, scope: 'cloud', fault, unknown: never, weight },
  });
  return [
    ...serviceNames.flatMap((service) =>
      both.flatMap((how) =>
        Object.keys(statementsOf[service]).flatMap((statement) =>
          whens.map((when) =>
            cell(
              `${service}.${how}.${when}-commit.${statement}`,
              { kind: 'service-at-commit', service, how, statement, when },
              // Every run that a killed orchestrator held waits for the end of its lease.
              service === 'orchestrator' && how === 'kill' ? 0.4 : 1,
            ),
          ),
        ),
      ),
    ),
    ...both.flatMap((how) =>
      (['dispatch', 'output-ack', 'outcome-ack'] as const).flatMap((frame) =>
        // A frame that is here has left: a stop comes after it, whatever is done then.
        whens
          .filter((when) => how === 'kill' || when === 'after')
          .map((when) => cell(`relay.${how}.${when}-frame.${frame}`, { kind: 'relay-at-frame', how, frame, when })),
      ),
    ),
    ...(
      [
        ['before-commit.write-dispatches', 'write-dispatches', 'before'],
        ['after-commit.write-dispatches', 'write-dispatches', 'after'],
        ['after-commit.checkpoint', 'checkpoint', 'after'],
        ['after-read-outcomes', 'read-outcomes', 'after'],
        ['model-asked', 'model-asked', 'before'],
      ] as const
    ).map(([id, point, when]) =>
      cell(`orchestrator.beyond-lease.${id}`, { kind: 'orchestrator-beyond-lease', point, when }, 0.2),
    ),
    cell('postgres.restarts', { kind: 'postgres-restarts' }, 2),
    ...serviceNames.flatMap((service) =>
      lines.map((how) => cell(`postgres.${how}.${service}`, { kind: 'postgres-line', service, how })),
    ),
    ...serviceNames.map((service) =>
      cell(`postgres.half-open.${service}`, { kind: 'postgres-half-open', service }, 0.4),
    ),
    // Less than what clocks may differ by: nobody may notice.
    cell('postgres.clock.ahead', { kind: 'postgres-clock', offsetMs: 20_000 }),
    cell('postgres.clock.behind', { kind: 'postgres-clock', offsetMs: -20_000 }),
    ...both.flatMap((how) =>
      whens.map((when) => cell(`model-router.${how}.${when}-answer`, { kind: 'model-router-asked', how, when })),
    ),
    // The router asks its vendor again, so that a question does not notice. What the orchestrator has asked and got no answer to is asked again
    // once the run has begun; before that it is given to the runbooks, as where the router is away.
    ...(['model-router', 'vendor'] as const).flatMap((to) => [
      ...(['request', 'answer'] as const).map((at) =>
        cell(`model-line.${to}.cut.${at}`, { kind: 'model-line', to, how: 'cut', at }),
      ),
      ...(['silent', 'slow', 'narrow'] as const).map((how) =>
        cell(`model-line.${to}.${how}`, { kind: 'model-line', to, how, at: 'request' }),
      ),
      cell(`model-line.${to}.half-open`, { kind: 'model-line', to, how: 'half-open', at: 'request' }, 0.4),
    ]),
    ...(hasRedis
      ? [
          cell('redis.dies', { kind: 'redis-dies' }, 8),
          cell('redis.is-flushed', { kind: 'redis-is-flushed' }, 8),
          ...serviceNames.flatMap((service) =>
            lines.map((how) => cell(`redis.${how}.${service}`, { kind: 'redis-line', service, how })),
          ),
          ...serviceNames.map((service) =>
            cell(`redis.half-open.${service}`, { kind: 'redis-half-open', service }, 0.4),
          ),
        ]
      : []),
  ];
}

export type Backend = 'postgres' | 'redis';

export function cellsFor(backend: Backend): Cell[] {
  return [...laneCells(), ...pairCells(), ...cloudCells(backend === 'redis')];
}
