// What every vendor of models looks like from here. Types, and the one error that vendors fail with.
import type { ChatRequest } from '../http/chat-request.ts';

/** What goes to the vendor: everything but which model and whether it is streamed. */
export type ModelRequest = Omit<ChatRequest, 'model' | 'stream' | 'stream_options'>;

export interface Provider {
  /** Recorded with each call: `openai-compatible`. */
  readonly vendor: string;
  /** The models that the vendor has, in its order. One attempt. Rejects with ProviderError. */
  listModels(options: AttemptOptions): Promise<string[]>;
  /** One attempt, never repeated in here. Rejects with ProviderError. */
  complete(model: string, request: ModelRequest, options: AttemptOptions): Promise<ModelAnswer>;
  /** One attempt. Pieces in order, the last one with content has a finish reason; throws ProviderError, also midway. */
  stream(model: string, request: ModelRequest, options: AttemptOptions): AsyncIterable<ModelPiece>;
}

export interface AttemptOptions {
  /** Ends the attempt: nothing more is read, the connection is closed. */
  signal: AbortSignal;
  /** For the answer's first byte, and for a whole answer that isn't streamed. */
  timeoutMs: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
}

export interface ModelAnswer {
  /** The vendor's name for what answered. */
  model: string;
  message: { content: string | null; refusal: string | null; toolCalls: ToolCall[] };
  finishReason: FinishReason;
  /** null: the vendor gave none. */
  usage: ModelUsage | null;
}

/** A piece of a streamed answer. The first piece of each tool call has its id and name. */
export interface ModelPiece {
  model: string;
  content?: string;
  refusal?: string;
  toolCalls?: ToolCallPiece[];
  finishReason?: FinishReason;
  usage?: ModelUsage;
}

export interface ToolCallPiece {
  index: number;
  id?: string;
  name?: string;
  arguments?: string;
}

/** What kind of failure it was decides whether it is tried again and what the caller is told. */
export type ProviderFailure =
  | { kind: 'rate_limited'; retryAfterMs: number | null }
  | { kind: 'overloaded'; status: number; retryAfterMs: number | null }
  | { kind: 'unreachable' }
  | { kind: 'timed_out' }
  | { kind: 'cut' }
  | { kind: 'bad_answer' }
  | { kind: 'key_refused'; status: number }
  | { kind: 'no_such_model' }
  /** No model is named, and the vendor has none to name, or no list. */
  | { kind: 'no_model_listed' }
  /** The vendor finds the request itself wrong (too long, a bad schema); its own words are for the caller alone. */
  | { kind: 'request_refused'; status: number; vendorSentence: string };

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure, options: { cause?: unknown } = {}) {
    super(`the model vendor failed: ${failure.kind}`, options);
    this.failure = failure;
  }
}
