// The one catalogue of errors that cross a boundary. Each speaks twice: a public sentence that tells its reader what
// to do next, and a cause for the log.

export const errorCatalogue = {
  bad_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Sign in or send a valid API key' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  key_not_allowed: { status: 403, title: 'The API key does not allow this' },
  origin_refused: { status: 403, title: 'The request comes from another site' },
  not_found: { status: 404, title: 'There is nothing with this id' },
  method_not_allowed: { status: 405, title: 'This address does not take this method' },
  conflict: { status: 409, title: 'The object has changed meanwhile' },
  name_taken: { status: 409, title: 'The name is already in use' },
  already_decided: { status: 409, title: 'The approval is already decided' },
  own_request: { status: 403, title: 'Nobody approves their own request' },
  passkey_required: { status: 409, title: 'This approval needs a passkey' },
  passkey_refused: { status: 422, title: 'The passkey did not sign this action' },
  approval_expired: { status: 409, title: 'The approval has expired' },
  run_finished: { status: 409, title: 'The run has already ended' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  idempotency_in_progress: { status: 409, title: 'The first request with this Idempotency-Key is still under way' },
  shown_once: { status: 409, title: 'The secret was shown once and is not kept' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'Send JSON' },
  range_not_satisfiable: { status: 416, title: 'The range lies outside the output' },
  validation_failed: { status: 422, title: 'A field is missing or wrong' },
  invalid_selector: { status: 422, title: 'The selector can not be read' },
  no_nodes_match: { status: 422, title: 'No node matches the selector' },
  beyond_scope: { status: 403, title: 'This reaches beyond your scope' },
  last_owner: { status: 409, title: 'An organization keeps at least one owner' },
  invitation_invalid: { status: 401, title: 'The invitation is not valid' },
  second_factor_required: { status: 401, title: 'A second factor is needed' },
  rate_limited: { status: 429, title: 'Too many requests' },
  join_token_invalid: { status: 401, title: 'The join token is not valid' },
  key_refused: { status: 422, title: 'This key can not be enrolled' },
  internal: { status: 500, title: 'SENA failed' },
  not_ready: { status: 503, title: 'SENA is not ready yet' },
  database_unavailable: { status: 503, title: 'The database does not answer' },
  backend_unavailable: { status: 502, title: 'A part of SENA does not answer' },
  model_unavailable: { status: 503, title: 'No model answers' },
  model_not_configured: { status: 503, title: 'No model is configured' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Thrown by packages, turned into an RFC 9457 problem by the services. `message` is the public sentence. */
export class SenaError extends Error {
  override readonly name = 'SenaError';
  readonly code: ErrorCode;
  /** Field by field, for `validation_failed`. */
  readonly fields: ReadonlyArray<{ path: string; message: string }>;

  constructor(
    code: ErrorCode,
    publicSentence: string,
    options: { cause?: unknown; fields?: ReadonlyArray<{ path: string; message: string }> } = {},
  ) {
    super(publicSentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? [];
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}
