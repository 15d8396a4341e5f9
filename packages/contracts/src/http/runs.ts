// /v1/runs and what hangs below a run.
import { z } from 'zod';
import { executionModeSchema, outcomeKindSchema } from '../domain/outcome.ts';
import { actingMemberSchema } from '../domain/principal.ts';
import { streamRedactionSchema } from '../domain/redaction.ts';
import {
  findingSchema,
  outcomeCountsSchema,
  plannerSchema,
  runKindSchema,
  runStatusSchema,
  usageSchema,
} from '../domain/run.ts';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';

export const selectorSchema = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .describe('`*`, or labels and names: `role=web and rack=a`, `name=web-07`');

/** Work for satellites and nodes that are offline waits so long, then says that it expired. */
const waitSecondsSchema = z
  .int()
  .min(0)
  .max(86_400)
  .optional()
  .describe('How long work may wait for satellites and nodes that are offline; 0 by default: nodes are not waited for');

/** How far ahead a run may be asked for. */
export const startAheadMsMax = 30 * 86_400_000;

const startAtSchema = timestampSchema
  .optional()
  .describe(
    'When it begins, with its time zone: at most 30 days from now. It is planned, judged and put to approval at once, and ' +
      'begins then if it is approved by then, or when it is, until its window ends; at once by default',
  );

/** What a question comes to is not known before its time, and an approval is over exact commands. */
const questionHasNoStart =
  'A question can’t be asked ahead of its time: nobody could approve what it comes to. Ask it now, or schedule a command or a runbook.';

export const createRunBodySchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject(
      {
        kind: z.literal('ask'),
        prompt: z
          .string()
          .trim()
          .min(1, 'The question is empty. Write what you want to know, in plain words.')
          .max(8_000),
        selector: selectorSchema.optional(),
      },
      {
        error: (issue) =>
          issue.code === 'unrecognized_keys' && issue.keys?.includes('startAt') ? questionHasNoStart : undefined,
      },
    ),
    z.strictObject({
      kind: z.literal('command'),
      command: z.string().trim().min(1, 'The command is empty. Write what is to be run on the nodes.').max(16_384),
      selector: selectorSchema,
      waitSeconds: waitSecondsSchema,
      startAt: startAtSchema,
    }),
    z.strictObject({
      kind: z.literal('runbook'),
      runbook: z.string().trim().min(1).max(100),
      selector: selectorSchema.optional(),
      waitSeconds: waitSecondsSchema,
      startAt: startAtSchema,
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'Say in `kind` what to do: `ask` for a question in plain words, `command` for an exact command, or `runbook` for one of GET /v1/runbooks.'
        : undefined,
  },
);
export type CreateRunBody = z.infer<typeof createRunBodySchema>;

/** POST /v1/runs/{id}/cancel; an empty body is one without wishes. */
export const cancelRunBodySchema = z.strictObject({
  /** Also end commands that run under a guard: TERM, then KILL. Otherwise they come to their end. */
  stopRunning: z.boolean().default(false),
});

export const runAcceptedSchema = z.object({ id: z.string(), status: runStatusSchema });

/** In executions. `until`: when they are told as `outcome`, if no word of them has come by then. */
const waitedForSchema = z.object({ count: z.int(), until: timestampSchema });

/** What keeps a run that has not ended waiting, beyond its commands' own time. */
export const runWaitSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('satellite_away'),
    satellite: z.object({ id: z.string(), name: z.string() }),
    site: z.string(),
    status: z.enum(['disconnected', 'locked', 'revoked']),
    /** Nothing was heard of it since. null: it has never connected. */
    since: timestampSchema.nullable(),
    /** Never sent: nothing of it began, and from `until` on it is `not_started`. */
    unsent: waitedForSchema.nullable(),
    /** Changes that it was sent. What began goes on at its node under a guard, and is found out when the satellite returns; `unknown` at `until`. */
    changes: waitedForSchema.nullable(),
    /** What only reads and was sent. It may be read once more when the satellite returns; `unknown` at `until`. */
    readings: waitedForSchema.nullable(),
    /** Another satellite of the site that looks on the nodes what became of the changes. */
    finder: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('no_word'),
    satellite: z.object({ id: z.string(), name: z.string() }),
    /** They began there and have no end, beyond their time limit or while their run is cancelled; the first 10 by name. */
    nodes: z.array(z.string()),
    count: z.int(),
    /** Beyond their time limit; the others run in a run that is cancelled. */
    overdue: z.int(),
    /** The satellite looks for them; where no word has come by then, they are `unknown`, until it finds them after all. */
    until: timestampSchema,
  }),
  z
    .object({ kind: z.literal('queue_unreachable') })
    .describe(
      'The queue can not be reached, so no worker takes up what is to be done. It goes on when the queue is back.',
    ),
]);
export type RunWait = z.infer<typeof runWaitSchema>;

export const runSchema = z.object({
  id: z.string(),
  kind: runKindSchema,
  status: runStatusSchema,
  verdict: z
    .string()
    .nullable()
    .describe(
      'What came of it in a few words, where the status says more or less than is true: `succeeded` means that the report is written, also of ' +
        'commands that failed. `3 of 3 ended with an error`, `Nothing ran`, `1 of 13 unknown`. null: the status says it all.',
    ),
  /** Why it failed, was not answered or was cancelled: a sentence. */
  reason: z.string().nullable(),
  prompt: z.string().nullable(),
  command: z.string().nullable(),
  selector: z.string().nullable(),
  planner: plannerSchema,
  answer: z.string().nullable(),
  findings: z.array(findingSchema),
  counts: outcomeCountsSchema,
  usage: usageSchema,
  requestedBy: actingMemberSchema,
  /** The approval it waits for, if any. */
  approvalId: z.string().nullable(),
  lastEventSeq: z.int(),
  createdAt: timestampSchema,
  /** Asked for ahead of its time: nothing of it begins on a node before. null: at once. */
  startAt: timestampSchema.nullable(),
  startedAt: timestampSchema.nullable(),
  /** A cancel was asked for: nothing more of it begins, and it ends when what runs has ended. null: none was. */
  cancel: z
    .object({
      requestedAt: timestampSchema,
      /** Also what runs under a guard is stopped. */
      stopRunning: z.boolean(),
    })
    .nullable(),
  finishedAt: timestampSchema.nullable(),
  /** What it waits for beyond its commands' own time. Empty: nothing, or it has ended. */
  waits: z.array(runWaitSchema),
});
export type Run = z.infer<typeof runSchema>;

export const runListQuerySchema = pageQuerySchema.extend({ status: runStatusSchema.optional() });
export const runSummarySchema = runSchema.omit({ findings: true, answer: true, waits: true });
export type RunSummary = z.infer<typeof runSummarySchema>;
export const runPageSchema = pageSchema(runSummarySchema);

/** When an outcome was stored, who told it (`satellite:<id>`, or a service of the cloud), and the audit event that vouches for it. */
const toldSchema = z.object({ at: timestampSchema, by: z.string(), auditEventId: z.string() });

/** `rawSha256`: of the kept bytes as the node wrote them. `spans`: the first places, with the rule of each; only for one execution alone. */
const maskedStreamSchema = z.object({
  ...streamRedactionSchema.shape,
  spans: z
    .array(z.object({ start: z.int(), end: z.int(), rule: z.string() }))
    .optional()
    .describe('The first 1,000 places, by byte offset. Only where one execution is read alone.'),
});

export const executionSchema = z.object({
  id: z.string(),
  runId: z.string(),
  node: z.object({ id: z.string(), name: z.string() }),
  step: z.string(),
  command: z.string(),
  /** null while it has not ended. */
  outcome: outcomeKindSchema.nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  reason: z.string().nullable(),
  /** What is known, as a sentence, where there is more to say than the reason. */
  detail: z.string().nullable(),
  /** How it ran. `plain`: a change without a guard, on a node that can't hold one. null: nothing began, or nobody knows. */
  mode: executionModeSchema.nullable(),
  /** What to do next, where the outcome is not `exited`. */
  advice: z.string().nullable(),
  told: toldSchema.nullable(),
  /** Nobody knew at first: what was told then. This outcome rests on evidence that came later. */
  earlier: z
    .object({
      outcome: outcomeKindSchema,
      reason: z.string().nullable(),
      detail: z.string().nullable(),
      told: toldSchema,
    })
    .nullable(),
  durationMs: z.int().nullable(),
  stdoutBytes: z.int(),
  stderrBytes: z.int(),
  stdoutTruncated: z.boolean(),
  stderrTruncated: z.boolean(),
  /** What was masked in the output before it left the satellite, by stream: each byte of it is an asterisk. null: nothing. */
  redaction: z.object({ stdout: maskedStreamSchema.nullable(), stderr: maskedStreamSchema.nullable() }).nullable(),
  startedAt: timestampSchema.nullable(),
});
export type Execution = z.infer<typeof executionSchema>;
export const executionListQuerySchema = pageQuerySchema.extend({
  outcome: outcomeKindSchema.or(z.literal('pending')).optional(),
  group: z.string().max(128).optional().describe('the `key` of an output group'),
});
export const executionPageSchema = pageSchema(executionSchema);

export const outputQuerySchema = z.object({ stream: z.enum(['stdout', 'stderr']).default('stdout') });

export const outputGroupSchema = z.object({
  key: z.string(),
  step: z.string(),
  command: z.string(),
  count: z.int(),
  /** The first few; page the rest with `GET /v1/runs/:id/executions?group=key`. */
  nodes: z.array(z.object({ id: z.string(), name: z.string() })),
  outcome: outcomeKindSchema.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  /** An exemplar's first bytes as text; bytes that are not text are replaced. */
  stdout: z.string(),
  stderr: z.string(),
  stdoutBytes: z.int(),
  stderrBytes: z.int(),
  exemplarExecutionId: z.string(),
});
export type OutputGroup = z.infer<typeof outputGroupSchema>;
export const outputGroupPageSchema = pageSchema(outputGroupSchema);
