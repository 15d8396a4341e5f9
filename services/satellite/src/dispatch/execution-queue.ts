// Entered by the runtime: which execution begins next. Bounds how many begin, run, and run on one node at a moment; nodes
// take turns, so that one with a long queue or a command that never ends holds up nobody else. Pure but for `run`.
import { nodeKeyOf, type Work } from './execution.ts';

export type QueueLimits = { startingMax: number; runningMax: number; runningPerNodeMax: number };

export type Slot = {
  /** The command runs: the next one may begin. */
  started(): void;
};

export type ExecutionQueue = {
  add(work: Work): void;
  /** Looks whether something may begin. Called on its own after every change; from outside when `mayStart` changed. */
  pump(): void;
  /** Takes those out that have not begun, for good. */
  take<W extends Work>(wanted: (work: Work) => work is W): W[];
  counts(): { waiting: number; starting: number; running: number };
  /** Resolves when nothing runs. Nothing begins any more. */
  drain(): Promise<void>;
};

export type QueueOptions = {
  limits: QueueLimits;
  mayStart(): boolean;
  /** What is under way on its node already: it begins whatever `mayStart` says, because its time limit counts. */
  isUnderWay(work: Work): boolean;
  /** Never rejects. */
  run(work: Work, slot: Slot): Promise<void>;
};

type NodeLine = { running: number; waiting: Work[] };

export function createExecutionQueue({ limits, mayStart, isUnderWay, run }: QueueOptions): ExecutionQueue {
  const lines = new Map<string, NodeLine>();
  /** Nodes that have work and room, in turn. */
  const ready = new Set<string>();
  let waiting = 0;
  /** Of those that wait. */
  let underWay = 0;
  let starting = 0;
  let running = 0;
  let isDraining = false;
  let drained: (() => void) | null = null;

  function add(work: Work): void {
    const key = nodeKeyOf(work);
    const line = lines.get(key) ?? { running: 0, waiting: [] };
    lines.set(key, line);
    line.waiting.push(work);
    waiting += 1;
    if (isUnderWay(work)) underWay += 1;
    update(key, line);
    pump();
  }

  function update(key: string, line: NodeLine): void {
    if (line.waiting.length > 0 && line.running < limits.runningPerNodeMax) ready.add(key);
    else ready.delete(key);
    if (line.waiting.length === 0 && line.running === 0) lines.delete(key);
  }

  function pump(): void {
    while (!isDraining && starting < limits.startingMax && starting + running < limits.runningMax) {
      const key = nextNode();
      if (key === undefined) return;
      ready.delete(key);
      const line = lines.get(key);
      const work = line?.waiting.shift();
      if (line === undefined || work === undefined) continue;
      waiting -= 1;
      if (isUnderWay(work)) underWay -= 1;
      line.running += 1;
      // Behind the others.
      update(key, line);
      begin(work, key, line);
    }
  }

  function nextNode(): string | undefined {
    if (mayStart()) return ready.values().next().value;
    if (underWay === 0) return undefined;
    for (const key of ready) {
      const first = lines.get(key)?.waiting[0];
      if (first !== undefined && isUnderWay(first)) return key;
    }
    return undefined;
  }

  function begin(work: Work, key: string, line: NodeLine): void {
    let isStarting = true;
    starting += 1;
    const started = () => {
      if (!isStarting) return;
      isStarting = false;
      starting -= 1;
      running += 1;
      pump();
    };
    void run(work, { started }).finally(() => {
      if (isStarting) starting -= 1;
      else running -= 1;
      isStarting = false;
      line.running -= 1;
      update(key, line);
      if (starting + running === 0) drained?.();
      pump();
    });
  }

  return {
    add,
    pump,
    take<W extends Work>(wanted: (work: Work) => work is W) {
      const taken: W[] = [];
      for (const [key, line] of [...lines]) {
        const leaving = line.waiting.filter(wanted);
        if (leaving.length === 0) continue;
        line.waiting = line.waiting.filter((work) => !wanted(work));
        waiting -= leaving.length;
        underWay -= leaving.filter(isUnderWay).length;
        taken.push(...leaving);
        update(key, line);
      }
      return taken;
    },
    counts: () => ({ waiting, starting, running }),
    drain() {
      isDraining = true;
      if (starting + running === 0) return Promise.resolve();
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
  };
}
