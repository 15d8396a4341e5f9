// The body of POST /v1/chat/completions: OpenAI's, as far as it means the same for every vendor. The rest is refused by name.
// Pure.
import { z } from 'zod';

export const tierSchema = z.enum(['fast', 'smart', 'private']);
export type Tier = z.infer<typeof tierSchema>;

const textMax = 2_000_000;
const text = z.string().max(textMax);
/** Several parts are one text: what vendors make of the seams differs. */
const content = z.union([
  text,
  z
    .array(z.strictObject({ type: z.literal('text'), text }))
    .min(1)
    .max(200)
    .transform((parts) => parts.map((part) => part.text).join('')),
]);
const name = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be letters, digits, _ and -, at most 64');

const toolCallSchema = z.strictObject({
  id: z.string().min(1).max(200),
  type: z.literal('function'),
  function: z.strictObject({ name, arguments: text }),
});

const messageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content, name: name.optional() }),
  z.strictObject({ role: z.literal('developer'), content, name: name.optional() }),
  z.strictObject({ role: z.literal('user'), content, name: name.optional() }),
  z.strictObject({
    role: z.literal('assistant'),
    content: content.nullish(),
    refusal: text.nullish(),
    name: name.optional(),
    tool_calls: z.array(toolCallSchema).min(1).max(128).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string().min(1).max(200) }),
]);

const toolSchema = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name,
    description: z.string().max(10_000).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name,
      description: z.string().max(10_000).optional(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

export const chatRequestSchema = z
  .strictObject({
    model: tierSchema,
    messages: z.array(messageSchema).min(1).max(2_000),
    tools: z.array(toolSchema).min(1).max(128).optional(),
    tool_choice: z
      .union([
        z.enum(['none', 'auto', 'required']),
        z.strictObject({ type: z.literal('function'), function: z.strictObject({ name }) }),
      ])
      .optional(),
    parallel_tool_calls: z.boolean().optional(),
    response_format: responseFormatSchema.optional(),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    seed: z.int().nullish(),
    stop: z.union([z.string().max(200), z.array(z.string().max(200)).min(1).max(4)]).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    max_tokens: z.int().min(1).max(1_000_000).nullish(),
    max_completion_tokens: z.int().min(1).max(1_000_000).nullish(),
    n: z.literal(1).nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  })
  .refine((request) => request.tool_choice === undefined || request.tools !== undefined, {
    path: ['tool_choice'],
    error: 'is only allowed together with tools',
  });
export type ChatRequest = z.infer<typeof chatRequestSchema>;
