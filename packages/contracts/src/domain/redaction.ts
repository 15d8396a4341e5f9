// What was masked in an execution's output before it left its satellite. Each byte of a secret is an asterisk; every other byte is as it was.
import { z } from 'zod';

export const redactedSpansMax = 1_000;
/** More kinds than there are rules. */
const rulesMax = 64;

const ruleName = z.string().regex(/^[a-z0-9/-]{1,64}$/);
const bytes = z.int().min(0);

/** Bytes of the stream, from the first that was masked to the one behind the last, and the rule that says why. */
export const redactedSpanSchema = z.tuple([bytes, bytes, ruleName]);

export const streamRedactionSchema = z.strictObject({
  /** Hex SHA-256 of the kept bytes as the node wrote them; null where all of them did not pass one satellite. */
  rawSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** Places that were masked, and bytes in them: all, also where `spans` has no room for them. */
  count: z.int().min(1),
  bytes: z.int().min(1),
  rules: z
    .record(ruleName, z.int().min(1))
    .refine((rules) => Object.keys(rules).length <= rulesMax, 'has too many rules'),
  /** The first ones. */
  spans: z.array(redactedSpanSchema).max(redactedSpansMax),
});
export type StreamRedaction = z.infer<typeof streamRedactionSchema>;

/** null: nothing of that stream was masked. */
export const redactionSchema = z.strictObject({
  stdout: streamRedactionSchema.nullable(),
  stderr: streamRedactionSchema.nullable(),
});
export type Redaction = z.infer<typeof redactionSchema>;
