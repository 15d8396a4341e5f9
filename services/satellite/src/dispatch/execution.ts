// What a dispatch becomes in memory: one execution a node. The truth about them is the journal's.
import type { DispatchEnvelope, EnvelopeNode } from '@sena/contracts/envelope';
import type { Logger } from '@sena/telemetry/logger';
import type { ExecutionMode } from '../journal/journal-operations.ts';

export type Execution = {
  readonly id: string;
  readonly envelope: DispatchEnvelope;
  readonly node: EnvelopeNode;
  readonly mode: ExecutionMode;
  /** Carries dispatch, execution and trace. */
  readonly logger: Logger;
  /** Attempts that began so far. */
  attempts: number;
  /** True once a command may have reached the node: from then on "not started" would be a lie. */
  wasSent: boolean;
  /** Asked for before the command was sent. Running commands go on. */
  isCancelled: boolean;
};

/** Commands with the same key share a node, its login and its limits. */
export function nodeKeyOf({ node }: Execution): string {
  return `${node.address}:${node.port}`;
}

export function isExpired(envelope: DispatchEnvelope, nowMs: number): boolean {
  return Date.parse(envelope.expiresAt) <= nowMs;
}
