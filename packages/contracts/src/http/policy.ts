// /v1/policy/evaluations: what would SENA say to this command? Runs nothing.
import { z } from 'zod';
import { policyDecisionSchema } from '../domain/policy.ts';
import { selectorSchema } from './runs.ts';

export const evaluatePolicyBodySchema = z.strictObject({
  command: z.string().min(1).max(16_384),
  selector: selectorSchema.optional(),
});
export const policyEvaluationSchema = policyDecisionSchema.extend({ nodeCount: z.int().nullable() });
