// One call to the model router. The router retries, routes and records; here a failure is a failure.
import type { Usage } from '@sena/contracts/domain/run';
import { childTraceparent } from '@sena/telemetry/trace-context';
import OpenAI from 'openai';
import type {
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';

/** No model answers: the caller goes on without one or lets the run be tried again. */
export class ModelUnavailableError extends Error {
  override readonly name = 'ModelUnavailableError';
}

export interface ModelAnswer {
  readonly text: string;
  readonly toolCalls: ChatCompletionMessageToolCall[];
  readonly usage: Usage;
}

export interface ModelRouterAccess {
  readonly baseUrl: string;
  /** A service token for this organization; made anew for each call. */
  mintToken(organizationId: string): Promise<string>;
}

/** The router gives up first, after its own retries: a local model may think for minutes. */
const modelTimeoutMs = 300_000;

export async function askModel(
  access: ModelRouterAccess,
  run: { organizationId: string; runId: string; traceparent: string | null; signal: AbortSignal },
  call: { messages: ChatCompletionMessageParam[]; tools: ChatCompletionTool[]; mustReport: boolean },
): Promise<ModelAnswer> {
  const client = new OpenAI({
    baseURL: `${access.baseUrl}/v1`,
    apiKey: await access.mintToken(run.organizationId),
    maxRetries: 0,
    timeout: modelTimeoutMs,
    defaultHeaders: { 'x-sena-run-id': run.runId, traceparent: childTraceparent(run.traceparent) },
  });
  try {
    const completion = await client.chat.completions.create(
      {
        model: 'smart',
        messages: call.messages,
        tools: call.tools,
        tool_choice: call.mustReport ? { type: 'function', function: { name: 'report' } } : 'auto',
      },
      { signal: run.signal },
    );
    const message = completion.choices[0]?.message;
    if (message === undefined) throw new ModelUnavailableError('The model returned nothing.');
    const usage = {
      modelCalls: 1,
      promptTokens: completion.usage?.prompt_tokens ?? 0,
      completionTokens: completion.usage?.completion_tokens ?? 0,
      models: [completion.model],
    };
    return { text: message.content ?? '', toolCalls: message.tool_calls ?? [], usage };
  } catch (error) {
    if (error instanceof OpenAI.APIError && !run.signal.aborted) {
      // Its words may hold the prompt, and this is logged: the status and the code say enough.
      throw new ModelUnavailableError(
        `The model router answered ${error.status ?? 'nothing'} (${error.code ?? 'no code'}).`,
      );
    }
    throw error;
  }
}
