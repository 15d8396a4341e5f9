// Entered before an end is journaled, and for one that an earlier process has journaled: the relay takes nothing that its contract does
// not have, and this satellite would say it for ever. What does not fit is told as unknown, and all of it stands in the log. Pure but for that.
import { type ExecutionResult, executionResultSchema } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';

const { shape } = executionResultSchema;

/** `speaker`: its logger may be made with the first word, so it is taken where there is one. */
export function makeReportable(result: ExecutionResult, speaker: { readonly logger: Logger }): ExecutionResult {
  const parsed = executionResultSchema.safeParse(result);
  if (parsed.success) return result;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  speaker.logger.error(
    { result, problems },
    'an end does not fit what relays take, it is told as unknown: report this defect',
  );
  const detail = `The satellite knows of an end and can't tell it, this does not fit (${problems}). Look on the node, and at the satellite's log.`;
  return {
    executionId: result.executionId,
    revision: fitting('revision', 1),
    attempt: fitting('attempt', 0),
    outcome: { kind: 'unknown', reason: 'report_unreadable', detail: detail.slice(0, 500) },
    startedAt: fitting('startedAt', null),
    durationMs: fitting('durationMs', null),
    stdoutBytes: fitting('stdoutBytes', 0),
    stderrBytes: fitting('stderrBytes', 0),
    stdoutKeptBytes: fitting('stdoutKeptBytes', 0),
    stderrKeptBytes: fitting('stderrKeptBytes', 0),
    stdoutSha256: fitting('stdoutSha256', null),
    stderrSha256: fitting('stderrSha256', null),
    // Of the end that can't be told.
    groupHash: null,
  };

  /** What arrived of its output stays readable. */
  function fitting<Field extends keyof ExecutionResult>(field: Field, otherwise: ExecutionResult[Field]) {
    return shape[field].safeParse(result[field]).success ? result[field] : otherwise;
  }
}
