// The tools a model may call, and their arguments. The model proposes; the gate decides what runs.
import { z } from 'zod';

export const runCommandArguments = z.strictObject({
  command: z.string().trim().min(1).max(16_384),
  title: z.string().trim().min(1).max(200),
  nodes: z.array(z.string().max(63)).max(10_000).optional(),
});
export const listNodesArguments = z.strictObject({ contains: z.string().max(63).optional() });
export const reportArguments = z.strictObject({
  answer: z.string().trim().min(1).max(20_000),
  findings: z
    .array(
      z.strictObject({
        claim: z.string().trim().min(1).max(2_000),
        severity: z.enum(['info', 'warning', 'critical']),
        executionIds: z.array(z.string().max(64)).max(1_000),
      }),
    )
    .max(100),
});

const descriptions = {
  run_command:
    'Run one POSIX sh command on nodes and see what it prints. Commands that only read run at once; anything else waits for a person. Several calls in one turn run in parallel. `nodes`: names; leave it out for every node of the scope.',
  list_nodes: 'List the nodes of the scope with site and labels. `contains`: part of a name.',
  report:
    'End the investigation. `answer`: for the person who asked. Each finding cites the execution ids it rests on; a finding without valid ids is dropped.',
} as const;

export type ToolName = keyof typeof descriptions;

const schemas: Record<ToolName, z.ZodType> = {
  run_command: runCommandArguments,
  list_nodes: listNodesArguments,
  report: reportArguments,
};

export const modelTools = (Object.keys(descriptions) as ToolName[]).map((name) => ({
  type: 'function' as const,
  function: {
    name,
    description: descriptions[name],
    parameters: z.toJSONSchema(schemas[name]) as Record<string, unknown>,
  },
}));

export type ToolArguments<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly why: string };

/** Arguments as a model wrote them: JSON text that may be anything. */
export function parseArguments<T>(schema: z.ZodType<T>, text: string): ToolArguments<T> {
  let value: unknown;
  try {
    value = JSON.parse(text === '' ? '{}' : text);
  } catch {
    return { kind: 'invalid', why: 'The arguments are not JSON.' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: 'valid', value: parsed.data };
  return {
    kind: 'invalid',
    why: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  };
}
