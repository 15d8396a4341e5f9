// The append-only record of a run. Numbered from 1 by the run row in the writing transaction; one event a batch.
import { z } from 'zod';
import { outcomeCountsSchema, plannerSchema, planStepSchema, runStatusSchema } from './run.ts';

export const runEventDataSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run.created'), kind: z.string(), text: z.string() }),
  z.object({ type: z.literal('run.status'), status: runStatusSchema, reason: z.string().nullable() }),
  z.object({ type: z.literal('run.scoped'), nodeCount: z.int(), siteCount: z.int(), note: z.string().nullable() }),
  z.object({
    type: z.literal('run.planned'),
    planner: plannerSchema,
    summary: z.string(),
    /** Without node ids: a plan over 10,000 nodes is a count here. */
    steps: z.array(planStepSchema.omit({ nodeIds: true }).extend({ nodeCount: z.int() })),
  }),
  z.object({
    type: z.literal('run.gated'),
    decision: z.enum(['allow', 'require_approval', 'deny']),
    reasons: z.array(z.string()),
    approvalId: z.string().nullable(),
    /** How many people have to approve; 0: nobody. Optional: events that were stored before lack it. */
    approvers: z.int().min(0).max(2).optional(),
    steps: z.array(z.string()),
  }),
  z.object({
    type: z.literal('approval.decided'),
    approvalId: z.string(),
    decision: z.enum(['approve', 'reject']),
    by: z.string(),
    reason: z.string().nullable(),
  }),
  z.object({ type: z.literal('dispatch.written'), dispatchIds: z.array(z.string()), executionCount: z.int() }),
  z.object({ type: z.literal('dispatch.sent'), dispatchId: z.string(), satelliteId: z.string() }),
  z.object({ type: z.literal('executions.started'), count: z.int() }),
  z.object({ type: z.literal('executions.finished'), count: z.int(), counts: outcomeCountsSchema }),
  z.object({ type: z.literal('run.answered'), answer: z.string(), findingCount: z.int() }),
  z.object({ type: z.literal('run.note'), text: z.string() }),
]);
export type RunEventData = z.infer<typeof runEventDataSchema>;

export const runEventSchema = z.object({
  seq: z.int().min(1),
  at: z.iso.datetime({ offset: true }),
  data: runEventDataSchema,
});
export type RunEvent = z.infer<typeof runEventSchema>;
