// A result whose output will never be whole: says of it what is stored, so that nobody takes a part for all. Entered by record-batch. Pure.
import type { MissingOutput } from '@sena/runs/output/list-missing-output';
import type { ResultRow } from '@sena/runs/results/record-results';

export function tellHole(row: ResultRow, missing: readonly MissingOutput[]): ResultRow {
  return missing
    .filter(({ executionId, attempt }) => executionId === row.executionId && attempt === row.attempt)
    .reduce(cutStream, row);
}

/** What the satellite says that the command wrote stays: more than is kept is cut. A hash is of what is not here. */
function cutStream(row: ResultRow, { stream, storedBytes }: MissingOutput): ResultRow {
  const masked = row.redaction?.[stream] ?? null;
  const redaction =
    row.redaction === undefined || masked === null
      ? row.redaction
      : { ...row.redaction, [stream]: { ...masked, rawSha256: null } };
  return stream === 'stdout'
    ? { ...row, redaction, stdoutKeptBytes: storedBytes, stdoutSha256: null }
    : { ...row, redaction, stderrKeptBytes: storedBytes, stderrSha256: null };
}
