// What a policy evaluation says. `deny` wins over `require_approval`, which wins over `allow`.
import { z } from 'zod';

export const policyDecisionKindSchema = z.enum(['allow', 'require_approval', 'deny']);
export type PolicyDecisionKind = z.infer<typeof policyDecisionKindSchema>;

/** Whose words a command is. */
export const proposerSchema = z.enum(['person', 'runbook', 'model']);
export type Proposer = z.infer<typeof proposerSchema>;

export const effectKindSchema = z.enum([
  'reads',
  'reads_secret',
  'writes',
  'deletes',
  'controls_service',
  'installs',
  'changes_users',
  'network',
  'privilege',
  'unknown',
]);
export type EffectKind = z.infer<typeof effectKindSchema>;

/** One thing the command does, and the piece of its text (UTF-16 offsets) that does it. */
export const effectSchema = z.object({
  kind: effectKindSchema,
  detail: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
});
export type Effect = z.infer<typeof effectSchema>;

/** What the rules ask for before something runs. */
export const policyVerdictSchema = z.object({
  decision: policyDecisionKindSchema,
  /** How many people besides the requester have to approve. */
  approvers: z.int().min(0).max(2),
  /** Each of them with a passkey. */
  passkey: z.boolean(),
  /** Names of the rules that this comes from. */
  rules: z.array(z.string()),
  /** Sentences for people, most important first. */
  reasons: z.array(z.string()),
});

export const policyDecisionSchema = policyVerdictSchema.extend({ effects: z.array(effectSchema) });
export type PolicyDecision = z.infer<typeof policyDecisionSchema>;

/** The shell that policy parses for, and therefore the only one that runs a command. */
export const shellSchema = z.enum(['sh', 'bash']);
export type Shell = z.infer<typeof shellSchema>;
