// RFC 9457 problem details, `application/problem+json`.
import { z } from 'zod';

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** Stable: one of the error catalogue. */
  code: z.string(),
  /** A sentence that says what to do. */
  detail: z.string(),
  instance: z.string(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problemSchema>;
