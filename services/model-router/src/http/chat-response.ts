// What the router answers with, in OpenAI's words. The id is that of the recorded call. Pure.
import type { ModelAnswer, ModelPiece, ModelUsage } from '../providers/provider.ts';

export interface AnswerHead {
  id: string;
  createdSeconds: number;
}

export function completionOf(head: AnswerHead, answer: ModelAnswer) {
  const { content, refusal, toolCalls } = answer.message;
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.createdSeconds,
    model: answer.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal,
          ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
        },
        logprobs: null,
        finish_reason: answer.finishReason,
      },
    ],
    ...(answer.usage === null ? {} : { usage: usageOf(answer.usage) }),
  };
}

/** `first` names the role, as OpenAI's first chunk does. */
export function chunkOf(head: AnswerHead, piece: ModelPiece, first: boolean) {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.createdSeconds,
    model: piece.model,
    choices: [
      {
        index: 0,
        delta: {
          ...(first ? { role: 'assistant' } : {}),
          ...(piece.content === undefined ? {} : { content: piece.content }),
          ...(piece.refusal === undefined ? {} : { refusal: piece.refusal }),
          ...(piece.toolCalls === undefined
            ? {}
            : {
                tool_calls: piece.toolCalls.map(({ index, id, name, arguments: text }) => ({
                  index,
                  ...(id === undefined ? {} : { id, type: 'function' }),
                  function: { ...(name === undefined ? {} : { name }), arguments: text ?? '' },
                })),
              }),
        },
        logprobs: null,
        finish_reason: piece.finishReason ?? null,
      },
    ],
  };
}

export function usageChunkOf(head: AnswerHead, model: string, usage: ModelUsage) {
  return {
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.createdSeconds,
    model,
    choices: [],
    usage: usageOf(usage),
  };
}

function usageOf({ promptTokens, completionTokens }: ModelUsage) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
