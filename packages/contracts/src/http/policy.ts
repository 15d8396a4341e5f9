// /v1/policy/evaluations: what would SENA say to this command? Runs nothing. /v1/policies: an organization's own rules.
import { z } from 'zod';
import { policyDecisionSchema, policyVerdictSchema, proposerSchema } from '../domain/policy.ts';
import { roleSchema } from '../domain/principal.ts';
import { idSchema } from '../ids.ts';
import { pageSchema, timestampSchema } from './page.ts';
import { selectorSchema } from './runs.ts';

const policyNamePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const policyNameSchema = z
  .string()
  .regex(policyNamePattern, 'small letters, digits and dashes, at most 63')
  .refine((name) => name !== 'default', 'SENA’s own rules have this name. Choose another.');
const policyTextSchema = z.string().min(1).max(65_536);

/** Where in a policy's text something is, and what to do about it. */
export const policyNoteSchema = z.object({
  policy: z.string(),
  line: z.int(),
  column: z.int(),
  message: z.string(),
});
export type PolicyNote = z.infer<typeof policyNoteSchema>;

export const policySchema = z.object({
  name: z.string(),
  /** Cedar. */
  text: z.string(),
  /** Counts up with every change; send it with the next one. */
  version: z.int(),
  updatedBy: z.object({ id: z.string(), name: z.string() }),
  updatedAt: timestampSchema,
  /** What its writer should know, although it is not wrong. */
  notes: z.array(policyNoteSchema),
});
export type Policy = z.infer<typeof policySchema>;
/** `defaults`: the text of SENA's own rules, which hold beside them. */
export const policyListSchema = pageSchema(policySchema).extend({ defaults: z.string() });

export const policyVersionSchema = z.object({
  version: z.int(),
  /** Null: it was deleted. */
  text: z.string().nullable(),
  changedBy: z.object({ id: z.string(), name: z.string() }),
  changedAt: timestampSchema,
});
export type PolicyVersion = z.infer<typeof policyVersionSchema>;
export const policyVersionPageSchema = pageSchema(policyVersionSchema);

const sayVersion = 'Say which version you changed, or null for a policy that is new';

export const savePolicyBodySchema = z.strictObject({
  text: policyTextSchema,
  /** The version that was changed; null for a policy that is new. Another one: 409. */
  version: z.int({ error: sayVersion }).min(1, { error: sayVersion }).nullable(),
});
/** Has to be there; told after it is known that there is such a policy. */
export const deletePolicyQuerySchema = z.object({ version: z.coerce.number().int().min(1).optional() });

export const evaluatePolicyBodySchema = z.strictObject({
  command: z.string().min(1).max(16_384),
  selector: selectorSchema.optional(),
  /** Instead of a selector. */
  nodeIds: z.array(idSchema('node')).min(1).max(1_000).optional(),
  /** Judged as if this policy were saved. */
  draft: z.strictObject({ name: policyNameSchema, text: policyTextSchema }).optional(),
  /** For a requester of this role. Default: yours. */
  role: roleSchema.optional(),
  /** Judged as if it were not written by who asks, but proposed by a runbook or a model. */
  proposer: proposerSchema.default('person'),
});

/** Nodes that no rule tells apart. */
export const policyGroupSchema = policyVerdictSchema.extend({
  nodeCount: z.int(),
  /** The first of them. */
  nodes: z.array(z.object({ id: z.string(), name: z.string() })),
  /** What rules ask about them, with the values they have: `site`, `label env`. The first few of each. */
  attributes: z.array(z.object({ name: z.string(), values: z.array(z.string()), more: z.int() })),
});
export type PolicyGroup = z.infer<typeof policyGroupSchema>;

export const policyEvaluationSchema = policyDecisionSchema.extend({
  /** Null: no nodes were named, and it is judged for one without labels. */
  nodeCount: z.int().nullable(),
  groups: z.array(policyGroupSchema),
  /** Of the draft. */
  notes: z.array(policyNoteSchema),
  /** No shell can read the command: what to do, as a sentence. It would be refused. null: it may be read. */
  syntaxError: z.string().nullable(),
});
export type PolicyEvaluation = z.infer<typeof policyEvaluationSchema>;
