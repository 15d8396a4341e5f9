// The journal's own thread: the only writer of the database. Operations of one turn are one transaction, and nothing is
// answered before it is on disk.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { JournalOperation, JournalReply, JournalRequest } from './journal-operations.ts';
import { createJournalStatements } from './journal-statements.ts';

const port = parentPort;
if (port === null) throw new Error('The journal runs as a worker thread.');

const database = new DatabaseSync((workerData as { file: string }).file);
database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
const statements = createJournalStatements(database);

// Loading is over: what it has left behind goes back to the system.
globalThis.gc?.({ type: 'major', flavor: 'last-resort' });

let waiting: JournalRequest[] = [];

port.on('message', (message: JournalRequest[] | 'close') => {
  if (message === 'close') {
    commitWaiting();
    database.close();
    port.close();
    return;
  }
  if (waiting.length === 0) setImmediate(commitWaiting);
  waiting.push(...message);
});

function commitWaiting(): void {
  const requests = waiting;
  waiting = [];
  if (requests.length === 0) return;
  try {
    database.exec('begin immediate');
    const replies = requests.map(({ id, operation }): JournalReply => ({ id, answer: perform(operation) }));
    database.exec('commit');
    port?.postMessage(replies);
  } catch (error) {
    if (database.isTransaction) database.exec('rollback');
    // None of them is on disk: every caller must stop.
    const text = error instanceof Error ? error.message : String(error);
    port?.postMessage(requests.map(({ id }): JournalReply => ({ id, error: text })));
  }
}

function perform(operation: JournalOperation): unknown {
  switch (operation.op) {
    case 'accept':
      return statements.accept(operation);
    case 'starting':
      return statements.starting(
        operation.executionId,
        operation.attempt,
        operation.atMs,
        operation.mode,
        operation.guard,
      );
    case 'running':
      return statements.running(operation.executionId, operation.attempt);
    case 'output-acked':
      return statements.outputAcked(operation.executionId, operation.stream, operation.offset);
    case 'finish':
      return statements.finish(operation.result, operation.attempt, operation.tail);
    case 'revise':
      return statements.revise(operation.result, operation.tail);
    case 'outcome-acked':
      return statements.outcomeAcked(operation.executionId, operation.revision);
    case 'states':
      return statements.states(operation.executionIds);
    case 'taken':
      return statements.taken(operation.dispatchId, operation.envelope);
    case 'left-behind':
      return statements.leftBehind(operation.what);
    case 'left-of':
      return statements.leftOf(operation.what, operation.dispatchId);
    case 'unacked':
      return statements.unacked();
    case 'counts':
      return statements.counts();
    case 'prune':
      return statements.prune(operation.beforeMs);
    default:
      return operation satisfies never;
  }
}
