// Entered by the journal's worker thread, inside its transaction. Every step is a compare-and-set on the state, so that a
// finished execution stays finished and a started one is never started as new.
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import type {
  AcceptAnswer,
  AcceptOperation,
  GuardPlacement,
  JournalAnswers,
  JournalCounts,
  JournaledExecution,
  LeftBehind,
  OutputTail,
} from './journal-operations.ts';
import { createApprovalStatements } from './take-approvals.ts';

type Row = Record<string, SQLOutputValue>;
/** Of an earlier process. */
const leftBehindAs: Record<LeftBehind, string> = {
  unfinished: "state <> 'finished'",
  undecided: "state = 'finished' and mode = 'guarded' and result ->> '$.outcome.kind' = 'unknown'",
};

type Accepted = Extract<AcceptAnswer, { kind: 'accepted' }>;

export function createJournalStatements(database: DatabaseSync) {
  const selectDispatch = database.prepare(
    'select content_hash, envelope, received_at_ms from dispatches where dispatch_id = ?',
  );
  const selectTaken = database.prepare(
    'select execution_id from executions join dispatches using (dispatch_id) where dispatch_id = ? and envelope = ?',
  );
  const selectNonce = database.prepare('select 1 from dispatches where nonce = ?');
  const insertDispatch = database.prepare('insert into dispatches values (?, ?, ?, ?, ?, ?, ?)');
  // Reassigned to this satellite before it began: the newer assignment takes over. Anything further is history.
  const insertExecution = database.prepare(`
    insert into executions (execution_id, dispatch_id, assignment_epoch, mode, state) values (?, ?, ?, ?, 'journaled')
    on conflict (execution_id) do update
      set dispatch_id = excluded.dispatch_id, assignment_epoch = excluded.assignment_epoch, mode = excluded.mode
      where executions.state = 'journaled' and executions.mode <> 'inquiry'
        and executions.assignment_epoch < excluded.assignment_epoch`);
  const updateStarting = database.prepare(`
    update executions
      set state = 'starting', attempt = ?1, started_at_ms = ?2, mode = ?4, guard_directory = ?5, boot_id = ?6, stdout_acked = 0,
        stderr_acked = 0
      where execution_id = ?3 and attempt < ?1 and mode <> 'inquiry' and barred is null
        and (state = 'journaled' or (mode = 'direct' and state in ('starting', 'running')))`);
  const updateRunning = database.prepare(
    "update executions set state = 'running' where execution_id = ? and attempt = ? and state = 'starting'",
  );
  const updateAcked = {
    stdout: database.prepare(
      "update executions set stdout_acked = ?1 where execution_id = ?2 and stdout_acked < ?1 and state <> 'finished'",
    ),
    stderr: database.prepare(
      "update executions set stderr_acked = ?1 where execution_id = ?2 and stderr_acked < ?1 and state <> 'finished'",
    ),
  };
  const updateFinished = database.prepare(`
    update executions
      set state = 'finished', result = ?, tail_stdout_offset = ?, tail_stdout = ?, tail_stderr_offset = ?, tail_stderr = ?
      where execution_id = ? and state <> 'finished' and attempt = ?`);
  // Nothing but an unknown end is ever replaced.
  const updateRevised = database.prepare(`
    update executions
      set result = ?1, outcome_acked = 0, tail_stdout_offset = ?2, tail_stdout = ?3, tail_stderr_offset = ?4, tail_stderr = ?5
      where execution_id = ?6 and state = 'finished' and result ->> '$.outcome.kind' = 'unknown'
        and result ->> '$.revision' < ?1 ->> '$.revision'`);
  const updateOutcomeAcked = database.prepare(`
    update executions
      set outcome_acked = 1, tail_stdout_offset = null, tail_stdout = null, tail_stderr_offset = null, tail_stderr = null
      where execution_id = ?1 and state = 'finished' and result ->> '$.revision' = ?2`);
  const selectExecution = database.prepare('select * from executions where execution_id = ?');
  // Envelopes are large and of many executions: each is read once, and never beside every one of its executions.
  const dispatchesWith = (which: string) =>
    database.prepare(`
      select dispatch_id from dispatches d
        where dispatch_id in (select dispatch_id from executions where ${which})
        order by received_at_ms, dispatch_id`);
  const executionsWith = (which: string) =>
    database.prepare(`select * from executions where dispatch_id = ? and ${which} order by execution_id`);
  const leftBehind = Object.fromEntries(
    Object.entries(leftBehindAs).map(([what, which]) => [
      what,
      { dispatches: dispatchesWith(which), executions: executionsWith(which) },
    ]),
  ) as Record<LeftBehind, { dispatches: StatementSync; executions: StatementSync }>;
  const selectUnacked = database.prepare("select * from executions where state = 'finished' and outcome_acked = 0");
  const approvals = createApprovalStatements(database);
  const updateBarred = database.prepare('update executions set barred = ? where execution_id = ?');
  const deletePast = [
    `delete from executions where dispatch_id in (
       select dispatch_id from dispatches d where expires_at_ms < ?1 and not exists (
         select 1 from executions e where e.dispatch_id = d.dispatch_id and (e.state <> 'finished' or e.outcome_acked = 0)))`,
    `delete from dispatches where expires_at_ms < ?1 and not exists (
       select 1 from executions e where e.dispatch_id = dispatches.dispatch_id)`,
  ].map((sql) => database.prepare(sql));

  function accept(operation: AcceptOperation): AcceptAnswer {
    const known = selectDispatch.get(operation.dispatchId);
    if (known !== undefined && known.content_hash !== operation.contentHash) return { kind: 'content_differs' };
    if (known === undefined) {
      if (selectNonce.get(operation.nonce) !== undefined) return { kind: 'nonce_reused' };
      const { dispatchId, nonce, contentHash, envelope, assignmentEpoch, expiresAtMs, receivedAtMs } = operation;
      insertDispatch.run(dispatchId, nonce, contentHash, envelope, assignmentEpoch, expiresAtMs, receivedAtMs);
    }
    const answer: Accepted = { kind: 'accepted', fresh: [], known: [], barred: [] };
    for (const { executionId, mode } of operation.executions) {
      const { changes } = insertExecution.run(executionId, operation.dispatchId, operation.assignmentEpoch, mode);
      (changes === 1 ? answer.fresh : answer.known).push(executionId);
    }
    const barred = approvals.take(operation);
    for (const executionId of barred.size === 0 ? [] : answer.fresh) {
      const why = barred.get(executionId);
      if (why === undefined) continue;
      // On disk with its execution: after a crash it is still barred.
      updateBarred.run(why, executionId);
      answer.barred.push({ executionId, why });
    }
    return answer;
  }

  return {
    accept,
    starting: (executionId: string, attempt: number, atMs: number, mode: ExecutionMode, guard: GuardPlacement | null) =>
      updateStarting.run(attempt, atMs, executionId, mode, guard?.directory ?? null, guard?.bootId ?? null).changes ===
      1,
    running: (executionId: string, attempt: number) => updateRunning.run(executionId, attempt).changes === 1,
    outputAcked: (executionId: string, stream: 'stdout' | 'stderr', offset: number) =>
      updateAcked[stream].run(offset, executionId).changes === 1,
    finish(result: ExecutionResult, attempt: number, tail: OutputTail | null): boolean {
      return updateFinished.run(JSON.stringify(result), ...blobsOf(tail), result.executionId, attempt).changes === 1;
    },
    revise: (result: ExecutionResult, tail: OutputTail | null) =>
      updateRevised.run(JSON.stringify(result), ...blobsOf(tail), result.executionId).changes === 1,
    outcomeAcked: (executionId: string, revision: number) =>
      updateOutcomeAcked.run(executionId, revision).changes === 1,
    states: (executionIds: readonly string[]): JournaledExecution[] =>
      executionIds.flatMap((id) => {
        const row = selectExecution.get(id);
        return row === undefined ? [] : [readExecution(row)];
      }),
    taken: (dispatchId: string, envelope: string): string[] =>
      selectTaken.all(dispatchId, envelope).map((row) => text(row.execution_id)),
    leftBehind: (what: LeftBehind): string[] => leftBehind[what].dispatches.all().map((row) => text(row.dispatch_id)),
    leftOf(what: LeftBehind, dispatchId: string): JournalAnswers['left-of'] {
      const row = selectDispatch.get(dispatchId);
      if (row === undefined) return null;
      const executions = leftBehind[what].executions.all(dispatchId).map(readExecution);
      return { envelope: text(row.envelope), receivedAtMs: Number(row.received_at_ms), executions };
    },
    unacked: (): JournalAnswers['unacked'] =>
      selectUnacked.all().map((row) => ({ result: JSON.parse(text(row.result)), tail: readTail(row) })),
    counts: () => countExecutions(database),
    prune(beforeMs: number): number {
      approvals.prune(beforeMs);
      const [executions, dispatches] = deletePast;
      executions?.run(beforeMs);
      return Number(dispatches?.run(beforeMs).changes ?? 0);
    },
  };
}

/** Also entered by `status`, on a connection of its own. */
export function countExecutions(database: DatabaseSync): JournalCounts {
  const counts: JournalCounts = { journaled: 0, starting: 0, running: 0, finished: 0, unacked: 0 };
  const rows = database
    .prepare(
      "select state, count(*) as n, sum(state = 'finished' and outcome_acked = 0) as unacked from executions group by state",
    )
    .all();
  for (const row of rows) {
    counts[text(row.state) as 'journaled'] = Number(row.n);
    counts.unacked += Number(row.unacked);
  }
  return counts;
}

function blobsOf(tail: OutputTail | null) {
  return tail === null ? [null, null, null, null] : [tail.stdoutOffset, tail.stdout, tail.stderrOffset, tail.stderr];
}

function readExecution(row: Row): JournaledExecution {
  return {
    executionId: text(row.execution_id),
    dispatchId: text(row.dispatch_id),
    mode: text(row.mode) as JournaledExecution['mode'],
    state: text(row.state) as JournaledExecution['state'],
    attempt: Number(row.attempt),
    startedAtMs: row.started_at_ms === null ? null : Number(row.started_at_ms),
    guard: row.guard_directory === null ? null : { directory: text(row.guard_directory), bootId: text(row.boot_id) },
    stdoutAcked: Number(row.stdout_acked),
    stderrAcked: Number(row.stderr_acked),
    result: row.result === null ? null : JSON.parse(text(row.result)),
    isOutcomeAcked: row.outcome_acked === 1,
    barred: row.barred === null ? null : text(row.barred),
  };
}

function readTail(row: Row): OutputTail | null {
  const { tail_stdout: stdout, tail_stderr: stderr } = row;
  if (!(stdout instanceof Uint8Array) || !(stderr instanceof Uint8Array)) return null;
  return {
    stdoutOffset: Number(row.tail_stdout_offset),
    stdout,
    stderrOffset: Number(row.tail_stderr_offset),
    stderr,
  };
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new Error('The journal holds something that it never wrote.');
  return value;
}
