// Frames as the contract describes them: what is added there is fuzzed without a word here. Pure.
import { relayFrameSchema, satelliteFrameSchema } from '@sena/contracts/frames';
import { z } from 'zod';
import { type Schema, sampleValue } from '../../../services/gateway/src/fixtures/sample-requests.ts';
import type { SeededRandom } from '../../faults/seeded-random.ts';

export interface FrameKind {
  readonly name: string;
  readonly schema: Schema;
}

export const satelliteFrames: readonly FrameKind[] = kindsOf(satelliteFrameSchema.options);
export const relayFrames: readonly FrameKind[] = kindsOf(relayFrameSchema.options);

function kindsOf(options: ReadonlyArray<z.ZodObject<{ t: z.ZodLiteral<string> }>>): FrameKind[] {
  return options.map((option) => ({
    name: option.shape.t.value,
    schema: z.toJSONSchema(option, {
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        // Bytes, the one thing that JSON has no word for.
        if (zodSchema._zod.def.type === 'custom') jsonSchema.const = Buffer.from('what a command prints\n') as never;
      },
    }) as Schema,
  }));
}

/** `words`: texts by the name of their place, such as `executionId`. */
export function sampleFrame(
  kind: FrameKind,
  words: Readonly<Record<string, readonly string[]>>,
  random: SeededRandom,
): Record<string, unknown> {
  const choose = (count: number) => random.between(0, count - 1);
  const wordsOf = (place: string) => words[place] ?? generalWords;
  return sampleValue(kind.schema, kind.name, wordsOf, choose) as Record<string, unknown>;
}

const generalWords = [
  'something',
  '2026-01-01T00:00:00.000Z',
  '0af7651916cd43dd8448eb211c80319c',
  'a'.repeat(64),
  `1:${'b'.repeat(64)}`,
];
