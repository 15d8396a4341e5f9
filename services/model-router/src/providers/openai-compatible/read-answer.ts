// A whole completion of a vendor, made to mean the same as every other vendor's. Pure.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type FinishReason, type ModelAnswer, type ModelUsage, ProviderError } from '../provider.ts';

export const usageSchema = z.object({
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0).nullish(),
});

const completionSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().nullish(),
                function: z.object({ name: z.string(), arguments: z.string().nullish() }),
              }),
            )
            .nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: usageSchema.nullish().catch(null),
});

/** Throws ProviderError `bad_answer` for anything else. */
export function readAnswer(asked: string, completion: unknown): ModelAnswer {
  const parsed = completionSchema.safeParse(completion);
  const choice = parsed.data?.choices[0];
  if (!parsed.success || choice === undefined) {
    throw new ProviderError({ kind: 'bad_answer' }, { cause: parsed.error });
  }
  const toolCalls = (choice.message.tool_calls ?? []).map((call) => ({
    id: call.id || newToolCallId(),
    type: 'function' as const,
    function: { name: call.function.name, arguments: call.function.arguments ?? '' },
  }));
  const content = choice.message.content ?? null;
  return {
    model: parsed.data.model || asked,
    message: {
      content: content === '' && toolCalls.length > 0 ? null : content,
      refusal: choice.message.refusal ?? null,
      toolCalls,
    },
    finishReason: finishReasonOf(choice.finish_reason ?? 'stop', toolCalls.length > 0),
    usage: usageOf(parsed.data.usage),
  };
}

/** Some servers say `stop` after tool calls; some have reasons of their own. */
export function finishReasonOf(said: string, hasToolCalls: boolean): FinishReason {
  switch (said) {
    case 'length':
    case 'content_filter':
      return said;
    default:
      return hasToolCalls ? 'tool_calls' : 'stop';
  }
}

export function usageOf(usage: z.infer<typeof usageSchema> | null | undefined): ModelUsage | null {
  if (!usage) return null;
  return { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens ?? 0 };
}

/** Results are matched to calls by id, and some servers give none. */
export function newToolCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}
