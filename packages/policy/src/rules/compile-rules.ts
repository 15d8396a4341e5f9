// Entered with the texts of one owner, before anything is decided by them, and when one is saved. The default rules are always among
// them. Pure, and remembered: the same texts are compiled once.
import { createHash } from 'node:crypto';
import type { DetailedError, PolicyJson, Schema, ValidationError } from '@cedar-policy/cedar-wasm/nodejs';
import { cedarSchema, guardedEffects, type RuleEnd } from './cedar-schema.ts';
import { defaultName, defaultRules } from './default-rules.ts';
import { findMentions } from './find-mentions.ts';
import type { CedarEngine } from './load-cedar.ts';
import type { NodeQuestion, Rule, RuleDocument, RuleProblem, Rules } from './rule.ts';

/** More statements in one text, and it is not read. */
export const statementsMax = 100;
export const documentBytesMax = 65_536;

interface Memory {
  readonly compiled: Map<string, Rules>;
  readonly documents: Map<string, ReadDocument>;
  /** Cedar takes a schema as text too, and is slower at it. */
  readonly schemas: Map<RuleEnd, Schema>;
}

const memories = new WeakMap<CedarEngine, Memory>();
const rememberedMax = 500;

/**
 * `broken` when any text is: then nothing is decided by the others alone. `owner`: whose texts they are. Nobody else's are any quicker for having
 * been there before: that would tell that somebody has the same.
 */
export function compileRules(
  engine: CedarEngine,
  end: RuleEnd,
  owner: string,
  documents: readonly RuleDocument[],
): Rules {
  const memory = memories.get(engine) ?? { compiled: new Map(), documents: new Map(), schemas: new Map() };
  memories.set(engine, memory);
  const all = [{ name: defaultName, text: defaultRules }, ...documents];
  const key = keyOf([end, documents.length === 0 ? null : owner, ...all.map(({ name, text }) => [name, text])]);
  const found = memory.compiled.get(key);
  if (found !== undefined) return found;
  const rules = compile(engine, readDocuments(engine, memory, { end, owner }, all), key);
  remember(memory.compiled, key, rules);
  return rules;
}

function keyOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= rememberedMax) known.clear();
  known.set(key, value);
}

function compile(engine: CedarEngine, documents: readonly ReadDocument[], key: string): Rules {
  const problems = documents.flatMap((document) =>
    document.problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  );
  if (problems.length > 0) return { kind: 'broken', problems };
  const questions = documents.flatMap((document) => document.questions);
  return {
    kind: 'ready',
    engine,
    rules: documents.flatMap(({ statements }) => statements.map(({ name, text }) => ({ name, text }))),
    key,
    questions: [...new Map(questions.map((question) => [JSON.stringify(question), question])).values()],
    principalAttributes: new Set(documents.flatMap(({ principalAttributes }) => principalAttributes)),
    contextAttributes: new Set(documents.flatMap(({ contextAttributes }) => contextAttributes)),
    isAboutPerson: documents.some(({ isAboutPerson }) => isAboutPerson),
    notes: documents.flatMap(({ notes }) => notes),
    answers: new Map(),
  };
}

interface ReadDocument {
  readonly document: RuleDocument;
  readonly statements: Array<Rule & { readonly offset: number }>;
  readonly problems: RuleProblem[];
  readonly notes: RuleProblem[];
  readonly questions: NodeQuestion[];
  readonly principalAttributes: string[];
  readonly contextAttributes: string[];
  isAboutPerson: boolean;
}

/** Those that were not read before are validated all at once: Cedar takes its time for the schema each time. */
function readDocuments(
  engine: CedarEngine,
  { documents: known, schemas }: Memory,
  { end, owner }: { end: RuleEnd; owner: string },
  documents: readonly RuleDocument[],
): ReadDocument[] {
  const keyOfDocument = ({ name, text }: RuleDocument) =>
    keyOf([end, text === defaultRules ? null : owner, name, text]);
  const fresh: ReadDocument[] = [];
  const read = documents.map((document) => {
    const found = known.get(keyOfDocument(document));
    if (found !== undefined) return found;
    const made = readDocument(engine, end, document);
    fresh.push(made);
    return made;
  });
  if (fresh.length > 0) {
    const schema = schemas.get(end) ?? readSchema(engine, end);
    schemas.set(end, schema);
    validate(engine, schema, fresh);
  }
  for (const made of fresh) remember(known, keyOfDocument(made.document), made);
  return read;
}

function readSchema({ cedar }: CedarEngine, end: RuleEnd): Schema {
  const read = cedar.schemaToJson(cedarSchema(end));
  if (read.type === 'failure') throw new Error(read.errors.map(({ message }) => message).join('; '));
  return read.json;
}

function validate({ cedar }: CedarEngine, schema: Schema, documents: readonly ReadDocument[]): void {
  const places = new Map<string, [ReadDocument, ReadDocument['statements'][number]]>();
  for (const [at, document] of documents.entries()) {
    for (const [index, statement] of document.statements.entries()) places.set(`${at} ${index}`, [document, statement]);
  }
  const staticPolicies = Object.fromEntries([...places].map(([id, [, { text }]]) => [id, text]));
  const answer = cedar.validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
  const tell = ({ policyId, error }: ValidationError, list: 'problems' | 'notes') => {
    const [read, statement] = places.get(policyId) ?? [];
    if (read === undefined || statement === undefined)
      throw new Error(`Cedar names ${policyId}, which it was not given`);
    const offset = statement.offset + characters(statement.text, offsetOf(error));
    const { name, text } = read.document;
    read[list].push({ document: name, ...placeIn(text, offset), message: sentenceOf(error) });
  };
  for (const error of answer.validationErrors) tell(error, 'problems');
  for (const warning of answer.validationWarnings) tell(warning, 'notes');
}

function readDocument({ cedar }: CedarEngine, end: RuleEnd, document: RuleDocument): ReadDocument {
  const { name, text } = document;
  const read: ReadDocument = {
    document,
    statements: [],
    problems: [],
    notes: [],
    questions: [],
    principalAttributes: [],
    contextAttributes: [],
    isAboutPerson: false,
  };
  const at = (offset: number, message: string): RuleProblem => ({ document: name, ...placeIn(text, offset), message });
  if (Buffer.byteLength(text) > documentBytesMax) {
    read.problems.push(at(0, `It is longer than ${documentBytesMax} bytes. Divide it into several policies.`));
    return read;
  }
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') {
    read.problems.push(...parts.errors.map((error) => at(characters(text, offsetOf(error)), sentenceOf(error))));
    return read;
  }
  if (parts.policy_templates.length > 0) {
    read.problems.push(at(0, 'It has a template (`?principal` or `?resource`). Write the rule out instead.'));
    return read;
  }
  if (parts.policies.length === 0)
    read.problems.push(at(0, 'It has no rule. Write at least one `permit` or `forbid`.'));
  if (parts.policies.length > statementsMax) {
    read.problems.push(at(0, `It has more than ${statementsMax} rules. Divide it into several policies.`));
    return read;
  }
  const statements = placeStatements(text, parts.policies);
  for (const [index, { statement, offset }] of statements.entries()) {
    const here = (message: string) => at(offset, message);
    const json = cedar.policyToJson(statement);
    if (json.type === 'failure') {
      read.problems.push(...json.errors.map((error) => here(sentenceOf(error))));
      continue;
    }
    const id = json.json.annotations?.id;
    const ruleName = statements.length === 1 && name !== defaultName ? name : `${name}/${id ?? index + 1}`;
    if (id !== undefined && !/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
      read.problems.push(here('An @id is made of small letters, digits and dashes, at most 63.'));
    }
    if (read.statements.some((other) => other.name === ruleName)) {
      read.problems.push(here(`Two rules are called ${ruleName}. Give each an @id of its own.`));
    }
    const mentions = findMentions(json.json);
    read.problems.push(...mentions.problems.map(here));
    if (
      end === 'satellite' &&
      mentions.questions.some(({ attribute }) => attribute === 'label' || attribute === 'site')
    ) {
      read.problems.push(here('A satellite does not know labels and sites. Ask for the name, the address or runAs.'));
    }
    if (end === 'satellite' && mentions.isAboutPerson) {
      read.problems.push(here('A satellite does not know who asked. Ask for the nodes, the action or the context.'));
    }
    if (name !== defaultName) noteFloor(json.json, read, here);
    if (end === 'satellite' && name !== defaultName && mentions.contextAttributes.has('proposer')) {
      read.problems.push(
        here(
          'A satellite does not know who proposed a command. Ask for an approval: `unless { context.approvals >= 1 }`.',
        ),
      );
    }
    if (end === 'satellite' && mentions.contextAttributes.has('passkey')) {
      read.problems.push(here('A satellite verifies passkeys by its own list: demand them with policy.passkeys.'));
    }
    read.statements.push({ name: ruleName, text: statement, offset });
    read.questions.push(...mentions.questions);
    read.principalAttributes.push(...mentions.principalAttributes);
    read.contextAttributes.push(...mentions.contextAttributes);
    read.isAboutPerson ||= mentions.isAboutPerson;
  }
  return read;
}

/** Cedar gives statements by their ids, `policy10` before `policy2`; here they stand as they were written. */
function placeStatements(text: string, statements: readonly string[]): Array<{ statement: string; offset: number }> {
  const next = new Map<string, number>();
  return statements
    .map((statement) => {
      const offset = text.indexOf(statement, next.get(statement) ?? 0);
      next.set(statement, offset + 1);
      return { statement, offset: Math.max(0, offset) };
    })
    .sort((a, b) => a.offset - b.offset);
}

const guardedWords = 'What is not understood, secrets and other users’ rights always need an approval';

/** A rule that would let the guarded effects run alone has no effect there, and its writer is told. */
function noteFloor(policy: PolicyJson, read: ReadDocument, here: (message: string) => RuleProblem): undefined {
  if (policy.effect !== 'permit') return;
  const named = actionsOf(policy);
  const guarded = named?.filter((action) => action === 'guarded' || guardedEffects.some((kind) => kind === action));
  if (guarded !== undefined && guarded.length > 0) {
    read.problems.push(
      here(`${guardedWords}: this rule can not permit ${guarded.join(', ')} without one. Take it out of the rule.`),
    );
  } else if (named === null && policy.conditions.length === 0) {
    read.notes.push(here(`${guardedWords}, whatever this rule permits.`));
  }
}

/** Null: all of them. */
function actionsOf({ action }: PolicyJson): string[] | null {
  if (action.op === 'All') return null;
  const entities = 'entities' in action ? action.entities : 'entity' in action ? [action.entity] : [];
  return entities.map((entity) => ('__entity' in entity ? entity.__entity.id : entity.id));
}

function sentenceOf({ message, help, sourceLocations }: DetailedError): string {
  // Of a text that can't be parsed: what could have stood there.
  const expected = sourceLocations?.[0]?.label ?? null;
  const plain = message.replace(/^failed to parse policies from string: /, '').replace(/^for policy `[^`]*`, /, '');
  const whole = [help === null ? plain : `${plain}: ${help}`, ...(expected === null ? [] : [expected])].join('; ');
  return /[.?!]$/.test(whole) ? whole : `${whole}.`;
}

function offsetOf({ sourceLocations }: DetailedError): number {
  return sourceLocations?.[0]?.start ?? 0;
}

/** Cedar counts bytes. */
function characters(text: string, bytes: number): number {
  return Buffer.from(text).subarray(0, bytes).toString().length;
}

function placeIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
