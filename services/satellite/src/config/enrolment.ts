// Written by enrol, read by run and status: who this satellite is, which dispatch keys it has pinned, and which it has learned from those.
// Written again by open-dispatch-keys, and by move.
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { OperatorError } from './operator-error.ts';
import { writeFileWhole } from './state-directory.ts';

const enrolmentSchema = z.strictObject({
  url: z.string(),
  tunnelUrl: z.string(),
  satelliteId: z.string(),
  organizationId: z.string(),
  siteId: z.string(),
  name: z.string(),
  enrolledAt: z.string(),
  /** Those whose fingerprint the operator gave at enrolment, and those that came after them under their signature. */
  dispatchKeys: z
    .array(
      z.strictObject({
        keyId: z.string(),
        publicKey: z.string(),
        fingerprint: z.string(),
        /** By the newest key; what it has signed is refused since. */
        retiredAt: z.string().nullable().default(null),
      }),
    )
    .min(1),
  /** Of the last statement about them that was followed. */
  keySequence: z.int().min(1).default(1),
  /** The newest of them. Missing: the first one. */
  newestKeyId: z.string().optional(),
});
export type Enrolment = z.infer<typeof enrolmentSchema>;
type NewEnrolment = z.input<typeof enrolmentSchema>;

/** Null when this satellite has not enrolled yet. Throws `OperatorError` when the file is damaged. */
export function readEnrolment(file: string): Enrolment | null {
  if (!existsSync(file)) return null;
  try {
    return enrolmentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new OperatorError(`${file} is damaged. Restore it, or enrol this satellite again in a new state directory.`, {
      cause,
    });
  }
}

export function writeEnrolment(file: string, enrolment: NewEnrolment): void {
  writeFileWhole(file, `${JSON.stringify(enrolmentSchema.parse(enrolment), null, 2)}\n`, { flush: true });
}
