// Written once by enrol, read by run and status: who this satellite is and which dispatch keys it has pinned.
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
  /** Only keys whose fingerprint the operator gave at enrolment. */
  dispatchKeys: z.array(z.strictObject({ keyId: z.string(), publicKey: z.string(), fingerprint: z.string() })).min(1),
});
export type Enrolment = z.infer<typeof enrolmentSchema>;

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

export function writeEnrolment(file: string, enrolment: Enrolment): void {
  writeFileWhole(file, `${JSON.stringify(enrolmentSchema.parse(enrolment), null, 2)}\n`, { flush: true });
}
