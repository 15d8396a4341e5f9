// Loaded into a satellite's process before its own code (`node --import`): stops or kills it right before or right after its journal
// commits a named step, and sets its clock wrong. What to do stands in a file that the harness writes; without one nothing happens.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import workerThreads, { isMainThread, type Worker, type WorkerOptions } from 'node:worker_threads';
import type { JournalStep, When } from '../cells.ts';

export interface CommitPoint {
  readonly id: string;
  readonly step: JournalStep;
  readonly when: When;
  /** How many executions (or dispatches) of the run have come to this step, from 1. */
  readonly nth: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

const pointFile = process.env.SENA_FAULT_POINT ?? '';
const clockFile = process.env.SENA_FAULT_CLOCK ?? '';
const clockOffset = { ms: 0, isSet: false };

/** Of a dispatch or of an execution; not of an inquiry. */
const idForm = /^(?:disp_[\w-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const statementOf: ReadonlyArray<[RegExp, JournalStep]> = [
  [/insert into dispatches/, 'accept'],
  [/set state = 'starting'/, 'starting'],
  [/set state = 'running'/, 'running'],
  [/set state = 'finished'/, 'finish'],
  [/set outcome_acked = 1/, 'outcome-acked'],
];

if (isMainThread) {
  passOnToWorkers();
  setClock();
  setInterval(setClock, 50).unref();
} else {
  watchCommits();
}

/** The journal's thread names its own options, so it would not inherit this file. */
function passOnToWorkers(): void {
  const Original = workerThreads.Worker;
  workerThreads.Worker = class extends Original {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', import.meta.url] });
    }
  } as typeof Worker;
  syncBuiltinESMExports();
}

/** Of what was accepted since the point was set: what is still said of an earlier run is not waited for. */
function watchCommits(): void {
  const own = new Set<string>();
  const done = new Map<JournalStep, Set<string>>();
  let ofTransaction: Array<{ step: JournalStep | 'execution'; id: string }> = [];
  let pointId = '';

  const run = StatementSync.prototype.run;
  StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
    const answer = run.apply(this, values);
    if (Number(answer.changes) !== 1) return answer;
    const step = statementOf.find(([text]) => text.test(this.sourceSQL))?.[1];
    const id = values.find((value): value is string => typeof value === 'string' && idForm.test(value));
    if (id === undefined) return answer;
    if (step !== undefined) ofTransaction.push({ step, id });
    else if (this.sourceSQL.includes('insert into executions') && !(values as unknown[]).includes('inquiry'))
      ofTransaction.push({ step: 'execution', id });
    return answer;
  } as typeof run;

  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    if (sql !== 'commit') {
      if (sql.startsWith('begin')) ofTransaction = [];
      return exec.call(this, sql);
    }
    const point = readPoint();
    if (point !== null && point.id !== pointId) {
      pointId = point.id;
      own.clear();
      done.clear();
    }
    const steps = readOwn();
    if (point?.when === 'before') act(point, steps);
    exec.call(this, sql);
    if (point?.when === 'after') act(point, steps);
  };

  /** The steps of this transaction that are the run's own. */
  function readOwn(): Set<JournalStep> {
    const steps = new Set<JournalStep>();
    for (const { step, id } of ofTransaction) {
      if (step === 'execution') {
        own.add(id);
      } else if (step === 'accept' || own.has(id)) {
        const ids = done.get(step) ?? new Set();
        done.set(step, ids.add(id));
        steps.add(step);
      }
    }
    return steps;
  }

  function act(point: CommitPoint, steps: ReadonlySet<JournalStep>): void {
    if (!steps.has(point.step) || (done.get(point.step)?.size ?? 0) < point.nth) return;
    rmSync(pointFile, { force: true });
    writeFileSync(`${pointFile}.${point.id}`, '');
    process.kill(process.pid, point.signal);
  }
}

function readPoint(): CommitPoint | null {
  if (pointFile === '' || !existsSync(pointFile)) return null;
  return JSON.parse(readFileSync(pointFile, 'utf8')) as CommitPoint;
}

function setClock(): void {
  const offsetMs = clockFile !== '' && existsSync(clockFile) ? Number(readFileSync(clockFile, 'utf8')) : 0;
  clockOffset.ms = offsetMs;
  if (offsetMs === 0 || clockOffset.isSet) return;
  clockOffset.isSet = true;
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    constructor(...values: ConstructorParameters<typeof Real> | []) {
      if (values.length === 0) super(Real.now() + clockOffset.ms);
      else super(...(values as ConstructorParameters<typeof Real>));
    }
    static override now(): number {
      return Real.now() + clockOffset.ms;
    }
  } as DateConstructor;
}
