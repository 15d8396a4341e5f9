// What an execution needs on its way from its turn to its end. Made once by the runtime.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import type { RedactionRules } from '@sena/redaction/redact-stream';
import type { GuardCleaner } from '../guard/clean-guards.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Outbox } from '../output/create-outbox.ts';
import type { SshPool } from '../ssh/ssh-pool.ts';
import type { AskAgain } from './ask-again.ts';
import type { Execution, Work } from './execution.ts';

export type ExecutionRooms = {
  journal: Journal;
  outbox: Outbox;
  pool: SshPool;
  cleaner: GuardCleaner;
  askAgain: AskAgain;
  /** What of output is a secret and does not leave. */
  redaction: RedactionRules;
  /** An unreachable node is asked for this long after the command's time was up. */
  findOutMs: number;
  /** The process ends: what is guarded is left to the next one. */
  leaving: AbortSignal;
  isHalted(): boolean;
  /** Null: the clocks of satellite and relay agree. */
  clockProblem(): string | null;
  /** Null: by now, too, the customer's own rules have nothing against it. */
  objection(envelope: DispatchEnvelope): NotStarted | null;
  /** Its node can't be reached or asked now: it takes its turn again later, and holds no place until then. */
  wait(work: Work, delayMs: number): void;
  /** A lost read-only command: it takes its turn again. */
  retry(execution: Execution): void;
};

export type NotStarted = Extract<Outcome, { kind: 'not_started' }>;
