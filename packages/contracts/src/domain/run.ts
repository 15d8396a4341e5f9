// A run: one request to its end. Its status changes only in runs/transition-run.
import { z } from 'zod';

export const runKindSchema = z.enum(['ask', 'command', 'runbook']);
export type RunKind = z.infer<typeof runKindSchema>;

export const runStatusSchema = z.enum([
  'queued',
  'running',
  'awaiting_approval',
  'scheduled',
  'succeeded',
  'failed',
  'cancelled',
]);
export type RunStatus = z.infer<typeof runStatusSchema>;
export const terminalRunStatuses: ReadonlySet<RunStatus> = new Set<RunStatus>(['succeeded', 'failed', 'cancelled']);

export const plannerSchema = z.enum(['none', 'runbook', 'model']);
export type Planner = z.infer<typeof plannerSchema>;

/** One command of a plan, for a set of nodes. `step` is unique within the run and names the executions. */
export const planStepSchema = z.object({
  step: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  title: z.string().max(200),
  command: z.string().min(1).max(16_384),
  nodeIds: z.array(z.string()).max(20_000),
});
export type PlanStep = z.infer<typeof planStepSchema>;

/** A claim with the executions it rests on. A claim without evidence is dropped. */
export const findingSchema = z.object({
  id: z.string(),
  claim: z.string().max(2_000),
  severity: z.enum(['info', 'warning', 'critical']),
  nodes: z.array(z.object({ id: z.string(), name: z.string() })),
  executionIds: z.array(z.string()).min(1),
});
export type Finding = z.infer<typeof findingSchema>;

/** Counts of outcomes in a run, for its report. */
export const outcomeCountsSchema = z.object({
  total: z.int(),
  exitedZero: z.int(),
  exitedNonZero: z.int(),
  notStarted: z.int(),
  unknown: z.int(),
  pending: z.int(),
});
export type OutcomeCounts = z.infer<typeof outcomeCountsSchema>;

export const usageSchema = z.object({
  modelCalls: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  models: z.array(z.string()),
});
export type Usage = z.infer<typeof usageSchema>;
