// For tests that need a model: an OpenAI-compatible vendor on 127.0.0.1 whose turns are written down beforehand.
// Speaks the real wire format (streaming, tool calls, usage, errors); reaches no network.
import { type Fixture, type FixtureResponse, LLMock } from '@copilotkit/aimock';

/** One answer of the model. Streamed when the request asks for a stream. */
export type ScriptedTurn =
  | { kind: 'say'; text: string; usage?: ScriptedUsage; cutAfterChunks?: number }
  | {
      kind: 'call';
      tools: ReadonlyArray<{ name: string; arguments: Record<string, unknown> }>;
      text?: string;
      usage?: ScriptedUsage;
    }
  | { kind: 'fail'; status: number; message: string; retryAfterSeconds?: number };

export interface ScriptedUsage {
  promptTokens: number;
  completionTokens: number;
}

/** Turns in order, or a function of the request (OpenAI's chat completion body) and its number, from 0. */
export type VendorScript = readonly ScriptedTurn[] | ((request: VendorRequest, index: number) => ScriptedTurn);

export interface VendorRequest {
  model: string;
  stream?: boolean;
  messages: ReadonlyArray<{ role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }>;
  tools?: ReadonlyArray<{ type: string; function: { name: string; description?: string; parameters?: object } }>;
}

export interface ScriptedVendor {
  /** The vendor's base URL as its clients want it: ends with `/v1`. */
  readonly url: string;
  /** What was asked so far, oldest first. The headers' secrets are redacted. */
  requests(): ReadonlyArray<{ path: string; headers: Record<string, string>; body: VendorRequest }>;
  stop(): Promise<void>;
}

/** A request beyond the last turn is refused with 400 and a message that says so, and no client retries that. */
export async function startScriptedVendor(
  script: VendorScript,
  options: {
    /** The one bearer key that is let in; others get 401. Without it any key is. */
    key?: string;
  } = {},
): Promise<ScriptedVendor> {
  const mock = new LLMock({
    host: '127.0.0.1',
    port: 0,
    journalMaxEntries: 0,
    ...(options.key === undefined ? {} : { auth: { apiKeys: [options.key] } }),
  });
  mock.addFixtures(typeof script === 'function' ? [fixtureOfFunction(script)] : fixturesOfTurns(script));
  await mock.start();
  return {
    url: `${mock.url}/v1`,
    requests: () =>
      mock.getRequests().map(({ path, headers, body }) => ({ path, headers, body: body as unknown as VendorRequest })),
    stop: () => mock.stop(),
  };
}

function fixturesOfTurns(turns: readonly ScriptedTurn[]): Fixture[] {
  const fixtures = turns.map(
    (turn, index): Fixture => ({
      match: { endpoint: 'chat', sequenceIndex: index },
      response: responseOf(turn),
      ...(turn.kind === 'say' && turn.cutAfterChunks !== undefined
        ? { truncateAfterChunks: turn.cutAfterChunks, latency: 5 }
        : {}),
    }),
  );
  const message = `The script has ${turns.length} turns and all of them were used.`;
  return [...fixtures, { match: {}, response: { error: { message, code: 'script_ended' }, status: 400 } }];
}

function fixtureOfFunction(script: (request: VendorRequest, index: number) => ScriptedTurn): Fixture {
  let index = 0;
  return { match: {}, response: (request) => responseOf(script(request as VendorRequest, index++)) };
}

function responseOf(turn: ScriptedTurn): FixtureResponse {
  switch (turn.kind) {
    case 'say':
      return { content: turn.text, ...usageOf(turn.usage) };
    case 'call': {
      const toolCalls = turn.tools.map((tool) => ({ name: tool.name, arguments: JSON.stringify(tool.arguments) }));
      return { toolCalls, ...(turn.text === undefined ? {} : { content: turn.text }), ...usageOf(turn.usage) };
    }
    case 'fail':
      return {
        error: { message: turn.message },
        status: turn.status,
        ...(turn.retryAfterSeconds === undefined ? {} : { retryAfter: turn.retryAfterSeconds }),
      };
  }
}

function usageOf(usage: ScriptedUsage | undefined) {
  return usage ? { usage: { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens } } : {};
}
