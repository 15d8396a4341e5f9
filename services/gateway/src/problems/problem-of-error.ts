// Every failure of a request becomes one of the catalogue's problems here; what only the log may know stays behind.
// Pure.
import { type ErrorCode, errorCatalogue, SenaError } from '@sena/contracts/errors';
import type { Problem } from '@sena/contracts/http/problem';
import { noSuchSentence, thingOfAddress } from '@sena/contracts/no-such';
import { isDatabaseAway } from '@sena/db/is-database-away';
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** What is away is mostly started again within this. */
const retryAfterSeconds = 5;

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** `instance` is the path that was asked for, without its query. */
export function problemOfError(error: unknown, instance: string): ProblemAnswer {
  if (error instanceof SenaError) return answer(error.code, error.message, instance, error.fields);
  if (hasZodFastifySchemaValidationErrors(error)) return validationProblem(error, instance);
  const { code, sentence } = ofFramework(error as Partial<FastifyError>, instance);
  return answer(code, sentence, instance);
}

function validationProblem(
  error: FastifyError & { validation: ReadonlyArray<{ instancePath: string; message?: string }> },
  instance: string,
): ProblemAnswer {
  // An id that is not even shaped like one names nothing.
  if (error.validationContext === 'params') return answer('not_found', nothingThere(instance), instance);
  const fields = error.validation.map((issue) => ({
    path: issue.instancePath.replace(/^\//, '').replaceAll('/', '.') || (error.validationContext ?? 'body'),
    message: issue.message ?? 'not valid',
  }));
  const [only] = fields;
  if (only !== undefined && fields.length === 1) return answer('validation_failed', sentenceOf(only), instance, fields);
  const names = [...new Set(fields.map((field) => field.path))].slice(0, 5).join(', ');
  return answer('validation_failed', `Correct ${names} and send the request again.`, instance, fields);
}

/** A message that is a sentence says what to do; any other is what the field has to be. */
function sentenceOf({ path, message }: { path: string; message: string }): string {
  return /[.!]$/.test(message) ? message : `Correct ${path}: ${message}. Then send the request again.`;
}

function nothingThere(instance: string): string {
  const thing = thingOfAddress(instance);
  return thing === null ? 'There is nothing with this id.' : noSuchSentence(thing);
}

/** Fastify's own errors, and those of its plugins, by their stable codes. */
function ofFramework(error: Partial<FastifyError>, instance: string): { code: ErrorCode; sentence: string } {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { code: 'payload_too_large', sentence: 'The body is larger than this API takes. Send less at once.' };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { code: 'unsupported_media_type', sentence: 'Send JSON, with "Content-Type: application/json".' };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { code: 'not_found', sentence: nothingThere(instance) };
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return { code: 'bad_request', sentence: 'The address can not be decoded. Check its percent-encoding.' };
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { code: 'bad_request', sentence: 'The body is not as long as Content-Length says.' };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { code: 'bad_request', sentence: 'The body is not JSON. Check its syntax.' };
  }
  // Node's own word for a body that breaks off. Any other connection that is reset is one of SENA's.
  if (error.code === 'ECONNRESET' && error.message === 'aborted')
    return { code: 'bad_request', sentence: 'The connection ended before the body did.' };
  if (error.statusCode === 429) {
    return { code: 'rate_limited', sentence: 'Too many requests. Wait as long as Retry-After says, then go on.' };
  }
  if (error.statusCode === 413) return ofFramework({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' }, instance);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'bad_request', sentence: 'The request can not be read. Check its body and its headers.' };
  }
  if (isDatabaseAway(error)) {
    return {
      code: 'database_unavailable',
      sentence:
        'SENA can not reach its database; nothing you sent was wrong. Try again in a few seconds; if it stays, tell whoever runs SENA to see ' +
        'that PostgreSQL is up.',
    };
  }
  return {
    code: 'internal',
    sentence:
      'SENA failed at this request; nothing you sent was wrong. Try again, and tell the operator when it stays.',
  };
}

function answer(
  code: ErrorCode,
  detail: string,
  instance: string,
  fields: ReadonlyArray<{ path: string; message: string }> = [],
): ProblemAnswer {
  const { status, title } = errorCatalogue[code];
  return {
    problem: {
      type: `urn:sena:problem:${code}`,
      title,
      status,
      code,
      detail,
      instance,
      ...(fields.length > 0 ? { fields: [...fields] } : {}),
    },
    headers: headersOf(status),
  };
}

function headersOf(status: number): Readonly<Record<string, string>> {
  switch (status) {
    case 401:
      return { 'www-authenticate': 'Bearer realm="sena"' };
    case 503:
      return { 'retry-after': String(retryAfterSeconds) };
    default:
      return {};
  }
}
