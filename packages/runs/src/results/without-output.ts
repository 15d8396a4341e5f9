// A result of which nothing but the outcome is known. Pure.
import type { ResultRow } from './record-results.ts';

export function withoutOutput(known: Pick<ResultRow, 'reporter' | 'executionId' | 'revision' | 'outcome'>): ResultRow {
  return {
    ...known,
    attempt: 0,
    startedAt: null,
    durationMs: null,
    stdoutBytes: 0,
    stderrBytes: 0,
    stdoutKeptBytes: 0,
    stderrKeptBytes: 0,
    stdoutSha256: null,
    stderrSha256: null,
    groupHash: null,
    stdoutInline: null,
    stderrInline: null,
  };
}
