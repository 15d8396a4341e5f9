// Every failure becomes an error in OpenAI's shape with a stable code of SENA's catalogue; clients of either understand it.
// Pure. Nothing of the request is repeated in it, and nothing of what only the log may know.
import { type ErrorCode, errorCatalogue, SenaError } from '@sena/contracts/errors';
import { ProviderError, type ProviderFailure } from '../providers/provider.ts';

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: { error: { message: string; type: string; param: string | null; code: string } };
}

export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof SenaError) {
    return answerWith(error.code, error.message, { param: error.fields[0]?.path ?? null });
  }
  if (error instanceof ProviderError) return ofProvider(error.failure);
  const { code, sentence } = ofFramework(error as { code?: unknown; statusCode?: unknown });
  return answerWith(code, sentence);
}

function ofProvider(failure: ProviderFailure): ErrorAnswer {
  switch (failure.kind) {
    case 'rate_limited': {
      const seconds = Math.max(1, Math.ceil((failure.retryAfterMs ?? 5_000) / 1_000));
      return answerWith('rate_limited', `The model vendor takes no more requests now. Try again in ${seconds} s.`, {
        headers: { 'retry-after': String(seconds) },
      });
    }
    case 'overloaded':
      return answerWith('model_unavailable', `The model vendor failed (HTTP ${failure.status}). Try again later.`);
    case 'unreachable':
      return answerWith(
        'model_unavailable',
        'The model vendor can not be reached. Check SENA_MODEL_URL and that it runs.',
      );
    case 'timed_out':
      return answerWith('model_unavailable', 'The model did not answer in time. Try again, or ask for less at once.');
    case 'cut':
      return answerWith(
        'model_unavailable',
        "The model's answer broke off before its end. Do not use what came; ask again.",
      );
    case 'bad_answer':
      return answerWith(
        'model_unavailable',
        'What answered does not speak the chat completions format. Check SENA_MODEL_URL.',
      );
    case 'key_refused':
      return answerWith('model_unavailable', 'The model vendor refuses the key. Check SENA_MODEL_KEY.');
    case 'no_such_model':
      return answerWith(
        'model_unavailable',
        'The model vendor does not have this model. Check SENA_MODEL_NAME and SENA_MODEL_URL.',
      );
    case 'no_model_listed':
      return answerWith(
        'model_not_configured',
        'The model vendor lists no model. Load one there, or set SENA_MODEL_NAME; check SENA_MODEL_URL.',
      );
    case 'request_refused':
      return answerWith('bad_request', `The model vendor refuses the request: ${failure.vendorSentence}`);
  }
}

function ofFramework(error: { code?: unknown; statusCode?: unknown }): { code: ErrorCode; sentence: string } {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        code: 'payload_too_large',
        sentence: 'The body is larger than the model router takes. Send less at once.',
      };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { code: 'unsupported_media_type', sentence: 'Send JSON, with "Content-Type: application/json".' };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return { code: 'bad_request', sentence: 'The body is not JSON. Check its syntax.' };
  }
  if (typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'bad_request', sentence: 'The request can not be read. Check its body and its headers.' };
  }
  return { code: 'internal', sentence: 'The model router failed; nothing you sent was wrong. Try again.' };
}

function answerWith(
  code: ErrorCode,
  message: string,
  options: { param?: string | null; headers?: Record<string, string> } = {},
): ErrorAnswer {
  const { status } = errorCatalogue[code];
  return {
    status,
    headers: {
      // The router has already tried again where that helps; OpenAI's clients heed this.
      'x-should-retry': 'false',
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="sena-internal"' } : {}),
      ...options.headers,
    },
    body: { error: { message, type: typeOf(status), param: options.param ?? null, code } },
  };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}
