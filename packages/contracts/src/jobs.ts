// Every queue job, with its schema. A job says that work exists and carries ids only; Postgres hands out the work.
import { z } from 'zod';

export const jobs = {
  /** Some run of this organization may be ready to go on. Worked by the orchestrator. */
  advanceRun: {
    queue: 'runs',
    schema: z.strictObject({ organizationId: z.string(), runId: z.string(), traceparent: z.string().nullable() }),
  },
  /** Dispatches of this run are waiting for their envelopes. Worked by the signer. */
  signDispatches: {
    queue: 'signing',
    schema: z.strictObject({ organizationId: z.string(), runId: z.string(), traceparent: z.string().nullable() }),
  },
  /** A satellite of this organization has come or gone: work that was not sent may go another way. Worked by the orchestrator. */
  placeDispatches: {
    queue: 'placing',
    schema: z.strictObject({ organizationId: z.string(), traceparent: z.string().nullable() }),
  },
} as const;

export type JobName = keyof typeof jobs;
/** Those that are about one run: the outbox holds them. */
export const runJobNames = ['advanceRun', 'signDispatches'] as const satisfies readonly JobName[];
export type RunJobName = (typeof runJobNames)[number];
export type JobData<N extends JobName> = z.infer<(typeof jobs)[N]['schema']>;
