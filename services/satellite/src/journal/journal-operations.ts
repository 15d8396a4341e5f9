// What may be asked of the journal, and what it answers. One message a turn carries many of these to the worker thread.
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';

export type ExecutionState = 'journaled' | 'starting' | 'running' | 'finished';

/** `inquiry`: another satellite was sent it. It is found out here, and nothing starts it. */
export type JournaledMode = ExecutionMode | 'inquiry';

/** Where the guard of an execution is on its node, and under which boot it was started. */
export type GuardPlacement = { directory: string; bootId: string };

/** Kept output that the relay had not acknowledged when the command ended. */
export type OutputTail = { stdoutOffset: number; stdout: Uint8Array; stderrOffset: number; stderr: Uint8Array };

export type JournaledExecution = {
  executionId: string;
  /** Or the inquiry that asks about it. */
  dispatchId: string;
  mode: JournaledMode;
  state: ExecutionState;
  attempt: number;
  startedAtMs: number | null;
  guard: GuardPlacement | null;
  stdoutAcked: number;
  stderrAcked: number;
  result: ExecutionResult | null;
  isOutcomeAcked: boolean;
  /** Why it may never begin. Null: it may. */
  barred: string | null;
};

/** What an earlier process left: not ended; or guarded, and told as unknown. */
export type LeftBehind = 'unfinished' | 'undecided';

export type JournalCounts = { journaled: number; starting: number; running: number; finished: number; unacked: number };

export type AcceptOperation = {
  op: 'accept';
  /** Or an inquiry's, with assignment epoch 0: what is known of an execution already is never replaced by a question. */
  dispatchId: string;
  nonce: string;
  /** What the dispatch says; a second one under the same id must say the same. */
  contentHash: string;
  envelope: string;
  assignmentEpoch: number;
  expiresAtMs: number;
  receivedAtMs: number;
  executions: ReadonlyArray<{ executionId: string; mode: JournaledMode; approvedChanges?: readonly ApprovedChange[] }>;
  /** What passkeys signed for it. */
  passkeyCounts?: readonly PasskeyCount[];
};

/** One command on one node, as one action has it: done under one execution id, once. */
export type ApprovedChange = { changeKey: Uint8Array; expiresAtMs: number };

export type PasskeyCount = {
  credentialId: string;
  name: string;
  /** Not 0: those that don't count are not remembered. */
  signCount: number;
  actionDigest: string;
  expiresAtMs: number;
};

export type AcceptAnswer =
  /** `fresh`: to be run now. The others were known already; what is known of them answers for them. */
  | {
      kind: 'accepted';
      fresh: string[];
      known: string[];
      /** Of those that are fresh: these may never begin. */
      barred: Array<{ executionId: string; why: string }>;
    }
  | { kind: 'nonce_reused' }
  | { kind: 'content_differs' };

export type JournalOperation =
  | AcceptOperation
  /** `guard`: null for one that runs without. */
  | {
      op: 'starting';
      executionId: string;
      attempt: number;
      atMs: number;
      mode: ExecutionMode;
      guard: GuardPlacement | null;
    }
  | { op: 'running'; executionId: string; attempt: number }
  | { op: 'output-acked'; executionId: string; stream: 'stdout' | 'stderr'; offset: number }
  /** `attempt`: the one that ends, 0 when none began. Another one in the journal means that this is not its end. */
  | { op: 'finish'; result: ExecutionResult; attempt: number; tail: OutputTail | null }
  /** The end of one that was told as unknown, found out after all: under a higher revision. */
  | { op: 'revise'; result: ExecutionResult; tail: OutputTail | null }
  | { op: 'outcome-acked'; executionId: string; revision: number }
  | { op: 'states'; executionIds: readonly string[] }
  /** Which executions came with a dispatch that was taken in exactly these words. */
  | { op: 'taken'; dispatchId: string; envelope: string }
  /** Which dispatches have such executions, the oldest first. */
  | { op: 'left-behind'; what: LeftBehind }
  /** One of them: its envelope, once, and these executions alone. */
  | { op: 'left-of'; what: LeftBehind; dispatchId: string }
  | { op: 'unacked' }
  | { op: 'counts' }
  | { op: 'prune'; beforeMs: number };

export type JournalAnswers = {
  accept: AcceptAnswer;
  /** False: the execution is in another state than this step may follow. The caller must not go on. */
  starting: boolean;
  running: boolean;
  'output-acked': boolean;
  finish: boolean;
  /** False: what it holds is not unknown, or not older. */
  revise: boolean;
  'outcome-acked': boolean;
  /** Absent ids are absent from the answer. */
  states: JournaledExecution[];
  /** Empty: nothing was taken in these words. */
  taken: string[];
  'left-behind': string[];
  /** Null: it was forgotten meanwhile. */
  'left-of': { envelope: string; receivedAtMs: number; executions: JournaledExecution[] } | null;
  unacked: Array<{ result: ExecutionResult; tail: OutputTail | null }>;
  counts: JournalCounts;
  /** How many dispatches were forgotten. */
  prune: number;
};

export type JournalRequest = { id: number; operation: JournalOperation };
export type JournalReply = { id: number; answer: unknown } | { id: number; error: string };
