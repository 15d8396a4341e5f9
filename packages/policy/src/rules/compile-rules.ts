// Entered with the texts of one owner, before anything is decided by them, and when one is saved. The default rules are always among
// them. Pure, and remembered: the same texts are compiled once.
import { createHash } from 'node:crypto';
import type { DetailedError, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { cedarSchema, guardedEffects, type RuleEnd } from './cedar-schema.ts';
import { defaultName, defaultRules } from './default-rules.ts';
import { findMentions } from './find-mentions.ts';
import type { CedarEngine } from './load-cedar.ts';
import type { NodeQuestion, Rule, RuleDocument, RuleProblem, Rules } from './rule.ts';

/** More statements in one text, and it is not read. */
export const statementsMax = 100;
export const documentBytesMax = 65_536;

const compiled = new WeakMap<CedarEngine, Map<string, Rules>>();
const compiledMax = 200;

/** `broken` when any text is: then nothing is decided by the others alone. */
export function compileRules(engine: CedarEngine, end: RuleEnd, documents: readonly RuleDocument[]): Rules {
  const key = createHash('sha256')
    .update(JSON.stringify([end, documents.map(({ name, text }) => [name, text])]))
    .digest('hex');
  const known = compiled.get(engine) ?? new Map<string, Rules>();
  compiled.set(engine, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= compiledMax) known.clear();
  const rules = compile(engine, end, documents, key);
  known.set(key, rules);
  return rules;
}

function compile(engine: CedarEngine, end: RuleEnd, documents: readonly RuleDocument[], key: string): Rules {
  const problems: RuleProblem[] = [];
  const notes: RuleProblem[] = [];
  const rules: Rule[] = [];
  const questions = new Map<string, NodeQuestion>();
  const principalAttributes = new Set<string>();
  const contextAttributes = new Set<string>();
  for (const document of [{ name: defaultName, text: defaultRules }, ...documents]) {
    const read = readDocument(engine, end, document);
    problems.push(...read.problems);
    notes.push(...read.notes);
    rules.push(...read.rules.filter(({ name }) => !rules.some((rule) => rule.name === name)));
    for (const question of read.questions) questions.set(JSON.stringify(question), question);
    for (const name of read.principalAttributes) principalAttributes.add(name);
    for (const name of read.contextAttributes) contextAttributes.add(name);
  }
  if (problems.length > 0) return { kind: 'broken', problems };
  return {
    kind: 'ready',
    engine,
    rules,
    key,
    questions: [...questions.values()],
    principalAttributes,
    contextAttributes,
    notes,
    answers: new Map(),
  };
}

interface ReadDocument {
  readonly rules: Rule[];
  readonly problems: RuleProblem[];
  readonly notes: RuleProblem[];
  readonly questions: NodeQuestion[];
  readonly principalAttributes: string[];
  readonly contextAttributes: string[];
}

function readDocument(engine: CedarEngine, end: RuleEnd, document: RuleDocument): ReadDocument {
  const { cedar } = engine;
  const { name, text } = document;
  const read: ReadDocument = {
    rules: [],
    problems: [],
    notes: [],
    questions: [],
    principalAttributes: [],
    contextAttributes: [],
  };
  const at = (offset: number, message: string): RuleProblem => ({ document: name, ...placeIn(text, offset), message });
  if (Buffer.byteLength(text) > documentBytesMax) {
    read.problems.push(at(0, `It is longer than ${documentBytesMax} bytes. Divide it into several policies.`));
    return read;
  }
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') {
    read.problems.push(...parts.errors.map((error) => at(offsetOf(error), sentenceOf(error))));
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
  const validated = cedar.validate({
    schema: cedarSchema(end),
    policies: { staticPolicies: text },
    validationSettings: { mode: 'strict' },
  });
  if (validated.type === 'failure') {
    read.problems.push(...validated.errors.map((error) => at(offsetOf(error), sentenceOf(error))));
    return read;
  }
  read.problems.push(...validated.validationErrors.map(({ error }) => at(offsetOf(error), sentenceOf(error))));
  read.notes.push(...validated.validationWarnings.map(({ error }) => at(offsetOf(error), sentenceOf(error))));

  const statements = parts.policies
    .map((statement) => ({ statement, offset: Math.max(0, text.indexOf(statement)) }))
    .sort((a, b) => a.offset - b.offset);
  const names = new Set<string>();
  for (const [index, { statement, offset }] of statements.entries()) {
    const here = (message: string) => ({ document: name, ...placeInText(text, offset), message });
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
    if (names.has(ruleName)) read.problems.push(here(`Two rules are called ${ruleName}. Give each an @id of its own.`));
    names.add(ruleName);
    const mentions = findMentions(json.json);
    read.problems.push(...mentions.problems.map(here));
    if (
      end === 'satellite' &&
      mentions.questions.some(({ attribute }) => attribute === 'label' || attribute === 'site')
    ) {
      read.problems.push(here('A satellite does not know labels and sites. Ask for the name, the address or runAs.'));
    }
    if (name !== defaultName) noteFloor(json.json, read, here);
    if (mentions.contextAttributes.has('passkey')) {
      read.notes.push(here('Passkey approvals are not taken yet: what this rule wants a passkey for can not run.'));
    }
    read.rules.push({ name: ruleName, text: statement });
    read.questions.push(...mentions.questions);
    read.principalAttributes.push(...mentions.principalAttributes);
    read.contextAttributes.push(...mentions.contextAttributes);
  }
  return read;
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

function sentenceOf({ message, help }: DetailedError): string {
  const plain = message.replace(/^failed to parse policies from string: /, '').replace(/^for policy `[^`]*`, /, '');
  const whole = help === null ? plain : `${plain}: ${help}`;
  return /[.?!]$/.test(whole) ? whole : `${whole}.`;
}

function offsetOf({ sourceLocations }: DetailedError): number {
  return sourceLocations?.[0]?.start ?? 0;
}

/** Cedar counts bytes. */
function placeIn(text: string, byteOffset: number): { line: number; column: number } {
  return placeInText(text, Buffer.from(text).subarray(0, byteOffset).toString().length);
}

function placeInText(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
