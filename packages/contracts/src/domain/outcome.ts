// What became of one command on one node. There is no "failed": either it ended, it never began, or nobody knows.
import { z } from 'zod';

export const notStartedReasons = [
  'node_unreachable',
  'host_key_mismatch',
  'host_key_unknown',
  'login_failed',
  'credential_missing',
  'address_not_allowed',
  'channel_refused',
  'envelope_refused',
  'policy_refused',
  'halted',
  'expired',
  'satellite_offline',
  'satellite_revoked',
  'cancelled',
  'signer_refused',
  'clock_skew',
  'node_busy',
  'node_disk_full',
  'never_arrived',
] as const;
export const unknownReasons = [
  'connection_lost',
  'timeout_not_confirmed',
  'satellite_lost',
  'expired_without_word',
  'satellite_restarted',
  'report_unreadable',
  'node_rebooted',
  'node_not_reached',
  'guard_lost',
  'start_not_seen',
] as const;
export const exitedReasons = ['timeout', 'cancelled'] as const;
export type ExitedReason = (typeof exitedReasons)[number];
export type NotStartedReason = (typeof notStartedReasons)[number];
export type UnknownReason = (typeof unknownReasons)[number];

/** What SSH carries: 32 bits without a sign. */
const exitCodeMax = 4_294_967_295;
const signalPattern = /^[A-Za-z0-9@.+-]{1,32}$/;

/**
 * `direct`: both ends call it read-only, it may run again. `guarded`: at most once, and what became of it can be found out.
 * `plain`: at most once, on a node that can't hold a guard; known when it starts.
 */
export const executionModeSchema = z.enum(['direct', 'guarded', 'plain']);
export type ExecutionMode = z.infer<typeof executionModeSchema>;

export const outcomeKindSchema = z.enum(['exited', 'not_started', 'unknown']);
export type OutcomeKind = z.infer<typeof outcomeKindSchema>;

/** `exited` carries a code or a signal (and why, when SENA killed it and saw it die); the others carry a reason. */
export const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('exited'),
    exitCode: z.int().min(0).max(exitCodeMax).nullable(),
    /** Without `SIG`. `UNKNOWN`: the node named one that can't be one. */
    signal: z.string().regex(signalPattern).nullable(),
    reason: z.enum(exitedReasons).nullable(),
  }),
  z.strictObject({
    kind: z.literal('not_started'),
    reason: z.enum(notStartedReasons),
    detail: z.string().max(500).default(''),
  }),
  z.strictObject({
    kind: z.literal('unknown'),
    reason: z.enum(unknownReasons),
    detail: z.string().max(500).default(''),
  }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

export const outputStreamSchema = z.enum(['stdout', 'stderr']);
export type OutputStream = z.infer<typeof outputStreamSchema>;
