// Vendors that speak OpenAI's chat completions: vLLM, Ollama, OpenAI itself, and most gateways. Entered by the router only.
// Touches one address, with one key; retries nothing.
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import type { AttemptOptions, ModelAnswer, ModelPiece, ModelRequest, Provider } from '../provider.ts';
import { ProviderError } from '../provider.ts';
import { failureOf } from './failure-of.ts';
import { readAnswer } from './read-answer.ts';
import { readModelList } from './read-model-list.ts';
import { readPieces } from './read-pieces.ts';

export function createOpenAiCompatible(options: { url: string; key: string | null }): Provider {
  // Everything that the client would otherwise look for in the environment is said here.
  const client = new OpenAI({
    baseURL: options.url.replace(/\/+$/, ''),
    apiKey: options.key ?? 'none',
    ...(options.key === null ? { defaultHeaders: { Authorization: null } } : {}),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
  });

  return {
    vendor: 'openai-compatible',

    async listModels(attempt): Promise<string[]> {
      try {
        const list: unknown = await client.get('/models', {
          signal: attempt.signal,
          timeout: attempt.timeoutMs,
          maxRetries: 0,
        });
        return readModelList(list);
      } catch (error) {
        // This path is not about one model, so a 404 says that there is no list.
        if (error instanceof OpenAI.NotFoundError) {
          throw new ProviderError({ kind: 'no_model_listed' }, { cause: error });
        }
        throw explain(error, attempt);
      }
    },

    async complete(model, request, attempt): Promise<ModelAnswer> {
      try {
        const completion: unknown = await client.chat.completions.create(
          { ...toVendor(model, request), stream: false },
          { signal: attempt.signal, timeout: attempt.timeoutMs, maxRetries: 0 },
        );
        return readAnswer(model, completion);
      } catch (error) {
        throw explain(error, attempt);
      }
    },

    async *stream(model, request, attempt): AsyncGenerator<ModelPiece> {
      try {
        const chunks: AsyncIterable<unknown> = await client.chat.completions.create(
          { ...toVendor(model, request), stream: true, stream_options: { include_usage: true } },
          { signal: attempt.signal, timeout: attempt.timeoutMs, maxRetries: 0 },
        );
        yield* readPieces(model, chunks, attempt.signal);
      } catch (error) {
        throw explain(error, attempt);
      }
    },
  };
}

/** Older servers don't know the role `developer`; to all of them `system` says the same. None is sent what is null. */
function toVendor(model: string, request: ModelRequest): Omit<ChatCompletionCreateParamsBase, 'stream'> {
  const messages = request.messages.map((message) =>
    message.role === 'developer' ? { ...message, role: 'system' as const } : message,
  );
  const params: Omit<ChatCompletionCreateParamsBase, 'stream'> = { ...request, messages, model };
  for (const name of Object.keys(params) as Array<keyof typeof params>) {
    if (params[name] === null || params[name] === undefined) delete params[name];
  }
  return params;
}

/** Whoever ended the attempt knows why; everything else is the vendor's failure. */
function explain(error: unknown, { signal }: AttemptOptions): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ProviderError) return error;
  const failure = failureOf(error);
  return failure === null ? error : new ProviderError(failure, { cause: error });
}
