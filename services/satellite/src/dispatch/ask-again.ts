// Entered where a guarded command was told as unknown although its node may still know its end: the node is asked again, later each time,
// at once when something else reaches it, until it may have forgotten. Timers only: the journal holds what was told, so that the next
// process asks as well.
import type { UnknownReason } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import { type Execution, nodeKeyOf } from './execution.ts';

export type AskAgain = {
  /** `isAcked`: the relay has what was told. Before it has, what comes of a second question would overtake the first answer. */
  enter(execution: Execution, isAcked: boolean): void;
  acknowledged(executionId: string): void;
  /** A node gave a connection: those that it could not be asked about are asked about now. */
  reached(nodeKey: string): void;
  close(): void;
};

/** Of what was told as unknown, these alone may be known later: the others were the node's own last word. */
const undecidedReasons = ['node_not_reached', 'timeout_not_confirmed'] as const satisfies UnknownReason[];

export function isUndecided({ outcome }: ExecutionResult): boolean {
  return outcome.kind === 'unknown' && undecidedReasons.some((reason) => reason === outcome.reason);
}

const minuteMs = 60_000;
const delaysMs = [minuteMs, 5 * minuteMs, 15 * minuteMs];
const delayMsMax = 60 * minuteMs;
/** So long after its validity a node may have removed what it knew. */
const rememberedMs = 86_400_000;
/** Beyond it, the oldest are left as they are. */
const waitingMax = 50_000;

/** `ask`: it takes its turn. */
export function createAskAgain(ask: (execution: Execution) => void, logger: Logger): AskAgain {
  const waiting = new Map<string, { execution: Execution; timer: NodeJS.Timeout | null }>();
  /** Those that wait for their time, by node. */
  const byNode = new Map<string, Set<string>>();

  function leave(executionId: string): Execution | null {
    const entry = waiting.get(executionId);
    if (entry === undefined) return null;
    if (entry.timer !== null) clearTimeout(entry.timer);
    waiting.delete(executionId);
    const key = nodeKeyOf(entry.execution);
    const ofNode = byNode.get(key);
    ofNode?.delete(executionId);
    if (ofNode?.size === 0) byNode.delete(key);
    return entry.execution;
  }

  function wait(executionId: string): void {
    const entry = waiting.get(executionId);
    if (entry === undefined || entry.timer !== null) return;
    const { envelope, begun, logger: itsLogger } = entry.execution;
    const delayMs = delaysMs[begun?.told?.asks ?? 0] ?? delayMsMax;
    if (Date.now() + delayMs > Date.parse(envelope.expiresAt) + rememberedMs) {
      itsLogger.info('a node is not asked again what became of a command: it may have forgotten');
      leave(executionId);
      return;
    }
    itsLogger.info({ askInMs: delayMs }, 'a node will be asked again what became of a command');
    entry.timer = setTimeout(() => call(executionId), delayMs);
    const key = nodeKeyOf(entry.execution);
    const ofNode = byNode.get(key) ?? new Set();
    byNode.set(key, ofNode.add(executionId));
  }

  function call(executionId: string): void {
    const execution = leave(executionId);
    if (execution !== null) ask(execution);
  }

  return {
    enter(execution, isAcked) {
      leave(execution.id);
      waiting.set(execution.id, { execution, timer: null });
      if (isAcked) wait(execution.id);
      const [oldest] = waiting.keys();
      if (waiting.size <= waitingMax || oldest === undefined) return;
      logger.warn(
        { executionId: oldest },
        'more commands are undecided than are asked about again, the oldest is left',
      );
      leave(oldest);
    },
    acknowledged: wait,
    reached(nodeKey) {
      for (const id of [...(byNode.get(nodeKey) ?? [])]) {
        const told = waiting.get(id)?.execution.begun?.told?.result.outcome;
        // Of the others the node was asked before: they have their time.
        if (told?.reason === 'node_not_reached') call(id);
      }
    },
    close() {
      for (const id of [...waiting.keys()]) leave(id);
    },
  };
}
