// POST /v1/chat/completions. Reads top to bottom: check, mask secrets, choose, ask (again where that helps), answer, record.
// Writes one row of usage a call, whatever became of it.
import { Readable } from 'node:stream';
import type { ServiceIdentity } from '@sena/auth/service-token';
import { SenaError } from '@sena/contracts/errors';
import { idSchema, newId } from '@sena/contracts/ids';
import type { Pool } from '@sena/db/tenant';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ChatRequest, chatRequestSchema } from '../http/chat-request.ts';
import { type AnswerHead, chunkOf, completionOf, usageChunkOf } from '../http/chat-response.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { redactRequest } from '../http/redact-request.ts';
import { type ModelPiece, type ModelRequest, type ModelUsage, ProviderError } from '../providers/provider.ts';
import type { CallLimits } from '../routing/call-limits.ts';
import { chooseDeployment, type Deployment } from '../routing/choose-deployment.ts';
import { openStream } from '../routing/open-stream.ts';
import { retryBeforeFirstToken } from '../routing/retry-before-first-token.ts';
import { type ModelCall, recordModelCall } from '../usage/record-model-call.ts';

export interface ChatCompletionsParts {
  pool: Pool;
  deployments: readonly Deployment[];
  limits: CallLimits;
  /** Aborted when the process can't wait for answers any longer. */
  stopping: AbortSignal;
}

/** In the row of a call whose vendor did not say which models it has. */
const modelNotKnown = 'unknown';
const runIdSchema = idSchema('run');

export function registerChatCompletions(app: FastifyInstance, parts: ChatCompletionsParts): void {
  app.post('/v1/chat/completions', async (request, reply) => {
    const redacted = await redactRequest(parseBody(request.body));
    const { model: tier, stream, stream_options, ...modelRequest } = redacted.request;
    const runId = parseRunId(request.headers['x-sena-run-id']);
    const deployment = chooseDeployment(parts.deployments, tier);

    const call = beginCall(parts.pool, request.log, {
      id: newId('model'),
      organizationId: callerOf(request).organizationId,
      runId,
      tier,
      provider: deployment.provider.vendor,
      model: deployment.model.known ?? modelNotKnown,
    });
    call.noteMasked(redacted.masked);
    const signal = AbortSignal.any([parts.stopping, goneSignal(reply)]);
    const asking = { ...parts, deployment, request: modelRequest, call, signal };
    reply.header('x-sena-model-call-id', call.head.id);
    return stream ? answerInPieces(asking, reply, stream_options?.include_usage === true) : answerAtOnce(asking);
  });
}

interface Asking extends ChatCompletionsParts {
  deployment: Deployment;
  request: ModelRequest;
  call: CallInProgress;
  signal: AbortSignal;
}

async function answerAtOnce(asking: Asking) {
  const { deployment, request, call, signal, limits } = asking;
  try {
    const answer = await retryBeforeFirstToken(
      (allMs) =>
        withModelName(asking, allMs, (model, timeoutMs) =>
          deployment.provider.complete(model, request, { signal, timeoutMs }),
        ),
      { limits, signal, onRetry: call.noteRetry },
    );
    await call.succeed(answer.model, answer.usage);
    return completionOf(call.head, answer);
  } catch (error) {
    await call.fail(error, null);
    throw error;
  }
}

/** One attempt with the model's name, which may have to be asked for; `timeoutMs` is for both. */
async function withModelName<T>(
  { deployment, call, signal }: Asking,
  timeoutMs: number,
  attempt: (model: string, leftMs: number) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const model = await deployment.model.find({ signal, timeoutMs });
  call.noteModel(model);
  try {
    return await attempt(model, Math.max(1, Math.ceil(timeoutMs - (performance.now() - startedAt))));
  } catch (error) {
    if (error instanceof ProviderError && error.failure.kind === 'no_such_model') deployment.model.forget(model);
    throw error;
  }
}

async function answerInPieces(asking: Asking, reply: FastifyReply, wantsUsage: boolean) {
  const { deployment, request, call, signal, limits } = asking;
  let pieces: AsyncGenerator<ModelPiece>;
  try {
    pieces = await retryBeforeFirstToken(
      (allMs) =>
        withModelName(asking, allMs, (model, firstTokenMs) =>
          openStream({ provider: deployment.provider, model }, request, { limits, signal, firstTokenMs }),
        ),
      { limits, signal, onRetry: call.noteRetry },
    );
  } catch (error) {
    await call.fail(error, null);
    throw error;
  }
  reply.header('content-type', 'text/event-stream; charset=utf-8');
  reply.header('cache-control', 'no-store');
  reply.header('x-accel-buffering', 'no');
  return reply.send(Readable.from(eventsOf(pieces, call, wantsUsage), { objectMode: false, highWaterMark: 16_384 }));
}

/** Ends with `[DONE]` when the answer is whole; otherwise its last event is an error. Never throws. */
async function* eventsOf(
  pieces: AsyncGenerator<ModelPiece>,
  call: CallInProgress,
  wantsUsage: boolean,
): AsyncGenerator<string> {
  let usage: ModelUsage | null = null;
  let model: string | null = null;
  let isSettled = false;
  try {
    for await (const piece of pieces) {
      const isFirst = model === null;
      model = piece.model;
      usage = piece.usage ?? usage;
      const { usage: _, model: __, ...spoken } = piece;
      if (Object.keys(spoken).length > 0) yield eventOf(chunkOf(call.head, piece, isFirst));
    }
    isSettled = true;
    await call.succeed(model, usage);
    if (wantsUsage && model !== null && usage !== null) yield eventOf(usageChunkOf(call.head, model, usage));
    yield 'data: [DONE]\n\n';
  } catch (error) {
    isSettled = true;
    await call.fail(error, usage);
    yield eventOf(errorAnswer(error).body);
  } finally {
    // The reader left between two pieces.
    if (!isSettled) await call.fail(new CallerGone(), usage);
  }
}

function eventOf(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

interface CallInProgress {
  head: AnswerHead;
  /** What is asked now; until then the call's model is not known. */
  noteModel(model: string): void;
  noteRetry(failure: ProviderError['failure'], waitMs: number): void;
  /** Places that were masked in what is asked, by rule. */
  noteMasked(places: Record<string, number>): void;
  /** `model`: what the vendor says it was; null: it said nothing. */
  succeed(model: string | null, usage: ModelUsage | null): Promise<void>;
  fail(error: unknown, usage: ModelUsage | null): Promise<void>;
}

function beginCall(
  pool: Pool,
  log: FastifyBaseLogger,
  begun: Pick<ModelCall, 'id' | 'organizationId' | 'runId' | 'tier' | 'provider' | 'model'>,
): CallInProgress {
  const startedAt = performance.now();
  let asked = begun.model;
  let retries = 0;
  let masked: Record<string, number> | undefined;

  async function end(change: Pick<ModelCall, 'outcome' | 'usage'> & { model?: string }): Promise<void> {
    const call: ModelCall = { ...begun, model: asked, ...change, durationMs: performance.now() - startedAt };
    const { id, ...numbers } = call;
    log.info({ modelCallId: id, ...numbers, durationMs: Math.round(call.durationMs), retries, masked }, 'model call');
    try {
      await recordModelCall(pool, call);
    } catch (error) {
      // The answer is paid for and true, so the caller gets it; the line above has every number of the missing row.
      log.error({ modelCallId: id, err: error }, 'the usage of a model call could not be recorded');
    }
  }

  return {
    head: { id: begun.id, createdSeconds: Math.floor(Date.now() / 1_000) },
    noteModel(model) {
      asked = model;
    },
    noteRetry(failure, waitMs) {
      retries += 1;
      log.warn(
        { modelCallId: begun.id, failure: failure.kind, waitMs: Math.round(waitMs) },
        'the vendor is asked again',
      );
    },
    noteMasked(places) {
      if (Object.keys(places).length > 0) masked = places;
    },
    succeed: (model, usage) => end({ outcome: { status: 'succeeded' }, usage, ...(model === null ? {} : { model }) }),
    fail: (error, usage) => end({ outcome: { status: 'failed', code: codeOf(error) }, usage }),
  };
}

/** For the log and the row: which kind of failure, never what was said. */
function codeOf(error: unknown): string {
  if (error instanceof ProviderError) return error.failure.kind;
  if (error instanceof CallerGone) return 'caller_gone';
  if (error instanceof RouterStops) return 'router_stopped';
  return 'internal';
}

class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** The reason with which `stopping` is aborted. */
export class RouterStops extends Error {
  override readonly name = 'RouterStops';
}

/** Aborts when the caller closes its connection before it has the whole answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new CallerGone());
  });
  return controller.signal;
}

function callerOf(request: FastifyRequest): ServiceIdentity {
  if (request.caller === null) throw new Error('a route below /v1 was reached without a caller');
  return request.caller;
}

function parseBody(body: unknown): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  // Zod's sentences name types and limits, never the values, which are prompts.
  const fields = parsed.error.issues.map((issue) => ({ path: issue.path.join('.') || 'body', message: issue.message }));
  const [first] = fields;
  throw new SenaError(
    'validation_failed',
    `${first?.path}: ${first?.message}. Correct it and send the request again.`,
    { fields },
  );
}

function parseRunId(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const parsed = runIdSchema.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new SenaError('validation_failed', 'x-sena-run-id must be the id of a run, run_…, or be left out.', {
    fields: [{ path: 'x-sena-run-id', message: 'must be the id of a run' }],
  });
}
