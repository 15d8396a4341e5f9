// What a dispatch becomes in memory: one execution a node. The truth about them is the journal's.
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope, EnvelopeNode, InquiryEnvelope, InquiryNode } from '@sena/contracts/envelope';
import type { ExecutionResult } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import type { GuardPlacement } from '../journal/journal-operations.ts';
import type { SshTarget } from '../ssh/open-ssh-connection.ts';

/** Read-only work is begun at most this often; all else once. */
export const attemptsMax = 2;

/** A guarded command that an earlier process has sent: found out, never started. */
export type Begun = {
  attempt: number;
  startedAtMs: number;
  guard: GuardPlacement;
  /** Bytes of it that the relay has. */
  acked: { stdout: number; stderr: number };
  /** Its end was told already, as unknown, and its node was asked this often since; null: it has its end before it. */
  told: { result: ExecutionResult; asks: number } | null;
};

export type Execution = {
  readonly kind: 'dispatched';
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
  /** Its node could not be reached so far and is waited for. */
  awaited: { sinceMs: number; detail: string } | null;
  /** Asked for before the command was sent. */
  isCancelled: boolean;
  /** null: it has its beginning before it. */
  readonly begun: Begun | null;
  /** Tells a guarded command that runs to end. */
  readonly stop: AbortController;
};

/** Another satellite was sent it and is gone: it is found out here. There is no command to start. */
export type Inquired = {
  readonly kind: 'inquired';
  readonly id: string;
  readonly inquiry: InquiryEnvelope;
  readonly node: InquiryNode;
  /** Carries inquiry, dispatch, execution and trace. */
  readonly logger: Logger;
  /** Bytes of it that the relay has. */
  readonly acked: { stdout: number; stderr: number };
  /** How often its node was asked in vain. */
  asks: number;
  /** Tells it to end. */
  readonly stop: AbortController;
};

/** What takes its turn. */
export type Work = Execution | Inquired;

/** Nothing of it was sent. */
export function mayBegin(work: Work): work is Execution {
  return work.kind === 'dispatched' && work.begun === null;
}

/** Commands with the same key share a node, its login and its limits. */
export function nodeKeyOf({ node }: Work): string {
  return `${node.address}:${node.port}`;
}

export function targetOf({ node }: Work): SshTarget {
  const { address, port, runAs, credential, hostKey } = node;
  return { address, port, user: runAs, credential, hostKey };
}

export function isExpired(envelope: DispatchEnvelope, nowMs: number): boolean {
  return Date.parse(envelope.expiresAt) <= nowMs;
}
