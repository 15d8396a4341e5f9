// Entered with every request before a vendor is chosen: what is a secret in its texts becomes asterisks. The satellites have masked what nodes
// print; this is for what people, tickets and runbooks say, and for what slipped through.
import { createRedactionRules } from '@sena/redaction/redact-stream';
import { redactText } from '@sena/redaction/redact-text';
import type { ChatRequest } from './chat-request.ts';

const rules = createRedactionRules();

export type RedactedRequest = {
  request: ChatRequest;
  /** How many places, by rule. */
  masked: Record<string, number>;
};

/** Rejects with what kept a text from being judged: then nothing may be sent. */
export async function redactRequest(request: ChatRequest): Promise<RedactedRequest> {
  const masked: Record<string, number> = {};

  async function mask(text: string): Promise<string> {
    const redacted = await redactText(text, rules, (error) => {
      throw error;
    });
    for (const { rule } of redacted.spans) masked[rule] = (masked[rule] ?? 0) + 1;
    return redacted.text;
  }

  const messages = await Promise.all(request.messages.map((message) => maskMessage(message, mask)));
  const tools = request.tools && (await Promise.all(request.tools.map((tool) => maskTool(tool, mask))));
  return { request: { ...request, messages, ...(tools && { tools }) }, masked };
}

type Mask = (text: string) => Promise<string>;
type Message = ChatRequest['messages'][number];
type Tool = NonNullable<ChatRequest['tools']>[number];

async function maskMessage(message: Message, mask: Mask): Promise<Message> {
  if (message.role !== 'assistant') return { ...message, content: await mask(message.content) };
  const { content, refusal, tool_calls: calls } = message;
  return {
    ...message,
    ...(typeof content === 'string' && { content: await mask(content) }),
    ...(typeof refusal === 'string' && { refusal: await mask(refusal) }),
    ...(calls && {
      tool_calls: await Promise.all(
        calls.map(async (call) => ({
          ...call,
          function: { ...call.function, arguments: await mask(call.function.arguments) },
        })),
      ),
    }),
  };
}

async function maskTool(tool: Tool, mask: Mask): Promise<Tool> {
  const { description } = tool.function;
  if (description === undefined) return tool;
  return { ...tool, function: { ...tool.function, description: await mask(description) } };
}
