// Entered from compile-rules with one rule as Cedar's JSON. Finds what it asks about a node, so that nodes can be told apart by that
// alone, and refuses what can't be asked: otherwise ten thousand nodes would be ten thousand questions.
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { NodeQuestion } from './rule.ts';

export interface Mentions {
  readonly questions: NodeQuestion[];
  readonly principalAttributes: Set<string>;
  readonly contextAttributes: Set<string>;
  /** It is about who somebody is, and not only about what they are. */
  isAboutPerson: boolean;
  /** Sentences. */
  readonly problems: string[];
}

type Place = Pick<NodeQuestion, 'attribute' | 'key'>;
type Json = { readonly [key: string]: unknown };

export function findMentions(policy: PolicyJson): Mentions {
  const mentions: Mentions = {
    questions: [],
    principalAttributes: new Set(),
    contextAttributes: new Set(),
    isAboutPerson: policy.principal.op !== 'All' && policy.principal.op !== 'is',
    problems: [],
  };
  if (policy.resource.op !== 'All' && policy.resource.op !== 'is') {
    mentions.problems.push(
      'A rule speaks of nodes by what they are. Write `resource` and a condition, such as `when { resource.site == "Berlin" }`.',
    );
  }
  for (const { body } of policy.conditions) walk(mentions, body);
  return mentions;
}

function walk(mentions: Mentions, expression: unknown): undefined {
  if (Array.isArray(expression)) {
    for (const part of expression) walk(mentions, part);
    return;
  }
  if (!isJson(expression)) return;
  const place = placeOf(expression);
  if (place !== null) {
    mentions.problems.push(
      `${show(place)} can be compared with fixed texts alone: \`==\`, \`like\` or \`["a", "b"].contains(…)\`.`,
    );
    return;
  }
  if (expression.Var === 'resource') {
    mentions.problems.push(
      'A rule can not ask about `resource` as a whole. Ask about its name, site, address, runAs or labels.',
    );
    return;
  }
  if (expression.Var === 'context') {
    mentions.problems.push('A rule can not ask about `context` as a whole. Ask about one of its attributes.');
    return;
  }
  if (expression.Var === 'principal') mentions.isAboutPerson = true;
  const [[operator, operands] = ['', undefined]] = Object.entries(expression);
  if (!isJson(operands)) return walk(mentions, operands);
  if (isComparison(mentions, operator, operands)) return;
  // Attributes that nodes don't have are the validator's to refuse.
  if ((operator === '.' || operator === 'has') && isVariable(operands.left, 'resource')) return;
  if ((operator === '.' || operator === 'has') && note(mentions, operands.left, operands.attr)) return;
  for (const part of Object.values(operands)) walk(mentions, part);
}

/** True for an attribute of the requester or of the use. */
function note(mentions: Mentions, owner: unknown, attribute: unknown): boolean {
  const name = Array.isArray(attribute) ? attribute[0] : attribute;
  if (typeof name !== 'string') return false;
  const isOfContext = isVariable(owner, 'context');
  if (!isOfContext && !isVariable(owner, 'principal')) return false;
  (isOfContext ? mentions.contextAttributes : mentions.principalAttributes).add(name);
  return true;
}

/** True when the whole expression has been understood. */
function isComparison({ questions, problems }: Mentions, operator: string, operands: Json): boolean {
  const { left, right } = operands;
  switch (operator) {
    case 'hasTag': {
      if (!isVariable(left, 'resource')) return false;
      const key = textOf(right);
      if (key === null) problems.push('Write the key of a label as a fixed text: `resource.hasTag("env")`.');
      else questions.push({ attribute: 'label', key, test: { kind: 'there' } });
      return true;
    }
    case '==':
    case '!=': {
      const [place, text] = placeOf(left) === null ? [placeOf(right), textOf(left)] : [placeOf(left), textOf(right)];
      if (place === null || text === null) return false;
      questions.push({ ...place, test: { kind: 'is', text } });
      return true;
    }
    case 'like': {
      const place = placeOf(left);
      if (place === null || !Array.isArray(operands.pattern)) return false;
      questions.push({
        ...place,
        test: { kind: 'like', parts: operands.pattern.map((part) => (isJson(part) ? String(part.Literal) : null)) },
      });
      return true;
    }
    case 'contains': {
      const place = placeOf(right);
      const texts = isJson(left) && Array.isArray(left.Set) ? left.Set.map(textOf) : [null];
      if (place === null || texts.includes(null)) return false;
      for (const text of texts) if (text !== null) questions.push({ ...place, test: { kind: 'is', text } });
      return true;
    }
    default:
      return false;
  }
}

const attributes = ['name', 'site', 'address', 'runAs'] as const;

function placeOf(expression: unknown): Place | null {
  if (!isJson(expression)) return null;
  const dot = expression['.'];
  if (isJson(dot) && isVariable(dot.left, 'resource')) {
    const attribute = attributes.find((name) => name === dot.attr);
    return attribute === undefined ? null : { attribute, key: '' };
  }
  const tag = expression.getTag;
  if (!isJson(tag) || !isVariable(tag.left, 'resource')) return null;
  const key = textOf(tag.right);
  return key === null ? null : { attribute: 'label', key };
}

function show({ attribute, key }: Place): string {
  return attribute === 'label' ? `The label ${key}` : `\`resource.${attribute}\``;
}

function isVariable(expression: unknown, name: string): boolean {
  return isJson(expression) && expression.Var === name;
}

function textOf(expression: unknown): string | null {
  return isJson(expression) && typeof expression.Value === 'string' ? expression.Value : null;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
