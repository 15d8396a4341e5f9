// The shape of the catalogue: which uses of which programs only read. Data is parsed by it when the package loads.
import { effectKindSchema } from '@sena/contracts/domain/policy';
import { z } from 'zod';

/**
 * What a value or an operand may be.
 * text: anything, it has no effect. word: a name, list or number. count: a whole number, sign and unit allowed.
 * seconds: a time to wait, at most a day. name-of-file: a path whose content is not shown. content: a path that is
 * read. compared: the same, and if it is a directory, the files in it. certificate: a path of which only public parts are shown. assignment: a variable and its value, which is text. awk, sed, printf, columns: small languages.
 */
export const valueKindSchema = z.enum([
  'text',
  'word',
  'count',
  'seconds',
  'interval',
  'name-of-file',
  'content',
  'compared',
  'certificate',
  'assignment',
  'awk',
  'sed',
  'printf',
  'columns',
]);
export type ValueKind = z.infer<typeof valueKindSchema>;

export const valueSchema = z.union([
  valueKindSchema,
  z.strictObject({ oneOf: z.array(z.string()) }),
  /** A regular expression over the whole value, which must be known. */
  z.strictObject({ pattern: z.string() }),
]);
export type Value = z.infer<typeof valueSchema>;

/**
 * `optional`: only as `--name=value` or attached to its letter. `floating`: that, or in the next word where some version of the program takes
 * it there; another takes that word for an operand, so it has to be fit for both.
 */
const optionSchema = z.union([
  valueSchema,
  z.strictObject({ optional: valueSchema }),
  z.strictObject({ floating: valueSchema }),
]);

/** What a refused switch, option or sub-command would do. `because` completes "`prog x` …". */
const refusedSchema = z.tuple([effectKindSchema.exclude(['reads']), z.string()]);

const operandsSchema = z.strictObject({
  /** By position, then `rest` for all others. None of either: no operands. */
  first: z.array(valueSchema).default([]),
  rest: valueSchema.optional(),
  min: z.int().default(0),
  /** With one of these switches `min` does not count. */
  minUnless: z.array(z.string()).default([]),
  max: z.int().optional(),
  /** Operands that are numbers are an interval and a count: an interval alone never ends. */
  sampling: z.boolean().default(false),
  /** The first operand is a format of `printf`: what it prints as a number has to be one, for some shells evaluate it. */
  formats: z.boolean().default(false),
  /** In place of `rest`, with one of these switches; `alone`: of a single operand. */
  restWith: z
    .array(z.strictObject({ switches: z.array(z.string()), value: valueSchema, alone: z.boolean().default(false) }))
    .default([]),
  /** With one of these switches it takes names from what it reads, so that has to be a file. */
  readsNames: z.array(z.string()).default([]),
  /** The first operand is this (a pattern, a script) unless one of these options gave it. */
  leading: z.strictObject({ value: valueSchema, unless: z.array(z.string()) }).optional(),
});

const outputSchema = z.strictObject({
  kind: z.enum(['digits', 'many-digits', 'token', 'many-tokens', 'path']),
  /** Holds only while nothing but these arguments that begin with a dash is used. */
  switches: z.array(z.string()).default([]),
  /** Holds only with one of these arguments. */
  needs: z.array(z.string()).optional(),
  /** Holds only without operands. */
  alone: z.boolean().default(false),
  /** Holds only of these operands. */
  of: z.array(z.string()).optional(),
  /** What it `needs` is the value of this option, given once. */
  format: z.string().optional(),
});

const shapeFields = {
  /**
   * gnu: `-ab`, `-n 5`, `--name=value`. posix: the same, up to the first operand, for every version of the program that ends its options there. exact: each argument is one known
   * token. leading: the same, up to the first operand. free: every argument is text. test: the expression of `[`. xargs: a command to run on the input. env: a command to run, behind variables.
   */
  parsing: z.enum(['gnu', 'posix', 'exact', 'leading', 'free', 'test', 'xargs', 'env']).default('gnu'),
  /** Short switches without a value, by letter. */
  letters: z.string().default(''),
  /** Long or exact switches without a value. */
  switches: z.array(z.string()).default([]),
  options: z.record(z.string(), optionSchema).default({}),
  /** Switches after which the program never ends by itself: read-only only inside `timeout`. */
  endless: z.array(z.string()).default([]),
  /** No switch of it, known or not, does more than read or run on, nor does it without operands: a glob or what `xargs` reads may turn into one. */
  safeSwitches: z.boolean().default(false),
  /** `head -20`. */
  numericSwitch: z.boolean().default(false),
  /** Words that begin with a plus are options too: each one of `switches`. */
  plus: z.boolean().default(false),
  /** `only=…`: of whole directories files of such names alone are read. Not beside `not`. */
  includes: z.strictObject({ only: z.string(), not: z.string() }).optional(),
  operands: operandsSchema.optional(),
  /** One of each group has to be there. */
  requires: z.array(z.array(z.string())).default([]),
  /** Switches that make `content` operands whole directories. */
  deep: z.array(z.string()).default([]),
  /** Runs the rest of its arguments, after this many operands. */
  wraps: z.strictObject({ before: z.array(valueSchema), bounds: z.boolean(), optional: z.boolean() }).optional(),
  refused: z.record(z.string(), refusedSchema).default({}),
  /** Behind these stands a command that it runs on what it finds below its operands, up to `;` or `{} +`. */
  execs: z.array(z.string()).default([]),
  /** What this use does, when every argument of it is as described: rules may then be about it. Without it: it reads. */
  does: refusedSchema.optional(),
  /** With one of these switches it only says what it would do. */
  doesUnless: z.array(z.string()).default([]),
  /** The same as `does`, with one of these switches, options or operands. */
  doesWith: z.record(z.string(), refusedSchema).default({}),
  /** All that it does is to ask: nothing comes of it, on this machine or on another. It then runs when a person wrote out every argument. */
  asks: z.boolean().default(false),
  /** It sends what it reads: it asks with one of these texts alone, written out in front of it, or with one of these switches, which keep it from reading. */
  sends: z.strictObject({ texts: z.array(z.string()).min(1), unless: z.array(z.string()).default([]) }).optional(),
  output: outputSchema.optional(),
};

const fieldsSchema = z.strictObject(shapeFields);

export type Shape = z.infer<typeof fieldsSchema> & {
  bare: boolean;
  /** Names divided by `|`. */
  subcommands?: Record<string, Shape> | undefined;
};
export type ShapeInput = z.input<typeof fieldsSchema> & {
  bare?: boolean | undefined;
  subcommands?: Record<string, ShapeInput> | undefined;
};

const nestingFields = {
  /** Whether it may stand without a sub-command. */
  bare: z.boolean().default(false),
  subcommands: z
    .record(
      z.string(),
      z.lazy(() => shapeSchema),
    )
    .optional(),
};

const shapeSchema: z.ZodType<Shape, ShapeInput> = z.strictObject({ ...shapeFields, ...nestingFields });

export const programSchema = z.strictObject({
  ...shapeFields,
  ...nestingFields,
  /** Loads, runs or looks at what its files name: no other program may choose them. */
  trustsFiles: z.boolean().default(false),
  /** A `?` in what it is given belongs to an address: no file has such a name. */
  takesAddresses: z.boolean().default(false),
  /** Opens what it is given by name. */
  opensNames: z.boolean().default(false),
  name: z.string(),
  also: z.array(z.string()).default([]),
  /** What an argument outside this description is presumed to do. */
  otherwise: effectKindSchema.exclude(['reads']).default('unknown'),
});

export type Program = z.infer<typeof programSchema>;
export type ProgramInput = z.input<typeof programSchema>;

/** A program that is known to do more than read. `because` completes "`mkdir` …". */
export const changingProgramSchema = z.strictObject({
  names: z.array(z.string()),
  effect: effectKindSchema.exclude(['reads']),
  because: z.string(),
});
export type ChangingProgram = z.infer<typeof changingProgramSchema>;
