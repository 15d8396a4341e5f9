// The chunks of a vendor's stream as pieces that mean the same for every vendor; an end without a reason is no end.
// Reads the stream it is given, nothing else.
import { z } from 'zod';
import { type ModelPiece, ProviderError, type ToolCallPiece } from '../provider.ts';
import { finishReasonOf, newToolCallId, usageOf, usageSchema } from './read-answer.ts';

const chunkSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.int().min(0).nullish(),
                  id: z.string().nullish(),
                  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: usageSchema.nullish().catch(null),
});

/** Throws ProviderError `cut` when the stream ends before it said why, `bad_answer` for a chunk that is none. */
export async function* readPieces(
  asked: string,
  chunks: AsyncIterable<unknown>,
  signal: AbortSignal,
): AsyncGenerator<ModelPiece> {
  const begunCalls = new Set<number>();
  let isFinished = false;
  for await (const chunk of chunks) {
    const parsed = chunkSchema.safeParse(chunk);
    if (!parsed.success) throw new ProviderError({ kind: 'bad_answer' }, { cause: parsed.error });
    const choice = parsed.data.choices?.[0];
    const usage = usageOf(parsed.data.usage);
    const toolCalls = (choice?.delta?.tool_calls ?? []).map((call, position): ToolCallPiece => {
      // Servers that send a call in one piece may leave the index out.
      const index = call.index ?? position;
      const isFirst = !begunCalls.has(index);
      begunCalls.add(index);
      return {
        index,
        ...(isFirst ? { id: call.id || newToolCallId(), name: call.function?.name ?? '' } : {}),
        arguments: call.function?.arguments ?? '',
      };
    });
    const content = choice?.delta?.content ?? '';
    const refusal = choice?.delta?.refusal ?? '';
    const finishReason = choice?.finish_reason ? finishReasonOf(choice.finish_reason, begunCalls.size > 0) : null;
    isFinished ||= finishReason !== null;
    if (content === '' && refusal === '' && toolCalls.length === 0 && finishReason === null && usage === null) continue;
    yield {
      model: parsed.data.model || asked,
      ...(content === '' ? {} : { content }),
      ...(refusal === '' ? {} : { refusal }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(finishReason === null ? {} : { finishReason }),
      ...(usage === null ? {} : { usage }),
    };
  }
  // The client ends its iteration silently when it is aborted, and when the connection closes early.
  signal.throwIfAborted();
  if (!isFinished) throw new ProviderError({ kind: 'cut' });
}
