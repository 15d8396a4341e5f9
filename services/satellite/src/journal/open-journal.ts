// Entered once a process: what this satellite has promised and done, on disk. Calls go to a worker thread, gathered by
// turn; an answer means that it is committed. A failure here is fatal: without a journal nothing may run.
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { OperatorError } from '../config/operator-error.ts';
import type { JournalAnswers, JournalOperation, JournalReply, JournalRequest } from './journal-operations.ts';
import {
  createJournalTables,
  type JournalIdentity,
  journalVersion,
  journalVersionOf,
  readJournalIdentity,
  upgradeJournal,
} from './journal-schema.ts';

const waitMsMax = 200;

type AnswerTo<O extends JournalOperation> = JournalAnswers[O['op']];

export type Journal = {
  readonly identity: JournalIdentity;
  /** Rejects with `JournalError` when it could not be written: then nothing that depends on it may happen. */
  perform<O extends JournalOperation>(operation: O): Promise<AnswerTo<O>>;
  close(): Promise<void>;
};

export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** `isEnrolling`: the first journal of this satellite. Otherwise one that is made here replaces one that was lost. */
export async function openJournal(file: string, options: { isEnrolling: boolean }): Promise<Journal> {
  const identity = prepareFile(file, options.isEnrolling);
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
    workerData: { file },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Operations of a turn: they die young. What survives is not bounded by this.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const pending = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  let batch: JournalRequest[] = [];
  let nextId = 1;
  let failure: JournalError | null = null;
  let waitTimer: NodeJS.Timeout | null = null;
  let turn: NodeJS.Immediate | null = null;
  /** The worker writes. What is asked for meanwhile goes over together when it has answered: a message costs more than what is in it. */
  let isWriting = false;
  /** Somebody waits for something in the batch. */
  let isUrgent = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  worker.on('message', (replies: JournalReply[]) => {
    for (const reply of replies) {
      const waiter = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) waiter?.reject(new JournalError(`The journal ${file} can't be written: ${reply.error}`));
      else waiter?.resolve(reply.answer as never);
    }
    isWriting = false;
    // In the next turn: who was answered may ask for more.
    if (isUrgent) turn ??= setImmediate(post);
  });
  worker.once('error', (error) => fail(`The journal ${file} failed: ${error.message}`));
  worker.once('exit', () => fail(`The journal ${file} is closed.`));

  function fail(text: string): void {
    failure ??= new JournalError(text);
    for (const waiter of pending.values()) waiter.reject(failure);
    pending.clear();
  }

  function post(): void {
    if (waitTimer !== null) clearTimeout(waitTimer);
    if (turn !== null) clearImmediate(turn);
    waitTimer = null;
    turn = null;
    if (batch.length === 0) return;
    if (isWriting) {
      isUrgent = true;
      return;
    }
    const requests = batch;
    batch = [];
    isUrgent = false;
    if (failure !== null) return;
    isWriting = true;
    worker.postMessage(requests);
  }

  return {
    identity,
    perform<O extends JournalOperation>(operation: O) {
      return new Promise<AnswerTo<O>>((resolve, reject) => {
        if (failure !== null) {
          reject(failure);
          return;
        }
        const id = nextId;
        nextId += 1;
        pending.set(id, { resolve, reject });
        batch.push({ id, operation });
        // What one turn of the event loop asks for goes over as one message.
        if (canWait(operation)) waitTimer ??= setTimeout(post, waitMsMax);
        else {
          isUrgent = true;
          if (!isWriting) turn ??= setImmediate(post);
        }
      });
    },
    async close() {
      isWriting = false;
      post();
      worker.postMessage('close');
      await exited;
    },
  };
}

/** Nothing depends on these being on disk now: they ride along with what does, so that they cost no sync of their own. */
function canWait({ op }: JournalOperation): boolean {
  return op === 'running' || op === 'output-acked' || op === 'outcome-acked';
}

function prepareFile(file: string, isEnrolling: boolean): JournalIdentity {
  try {
    const database = new DatabaseSync(file);
    try {
      if (journalVersionOf(database) === 0) createJournalTables(database, !isEnrolling);
      upgradeJournal(database);
      const version = journalVersionOf(database);
      if (version !== journalVersion) {
        throw new OperatorError(`The journal ${file} has version ${version}; this satellite writes ${journalVersion}.`);
      }
      return readJournalIdentity(database);
    } finally {
      database.close();
    }
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(`The journal ${file} can't be opened: ${(cause as Error).message}.`, { cause });
  }
}
