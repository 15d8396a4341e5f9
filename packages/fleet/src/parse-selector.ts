// Selectors: how nodes are picked, as people type them. Text in, tree out. Pure.
//   *                            every node
//   role=web and rack=a          labels; `name` and `site` are those of the node
//   env in (prod, stage)         one of
//   not role=db, role!=db        none of
//   name=web-*                   `*` stands for any characters
import { SenaError } from '@sena/contracts/errors';

export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'match'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'not'; readonly of: Selector }
  | { readonly kind: 'and' | 'or'; readonly left: Selector; readonly right: Selector };

interface Token {
  readonly kind: 'word' | '=' | '!=' | '(' | ')' | ',' | 'end';
  readonly text: string;
  readonly at: number;
}

const depthMax = 32;

/** Throws SenaError `invalid_selector` with the place of the mistake. */
export function parseSelector(text: string): Selector {
  const tokens = readTokens(text);
  let next = 0;
  let depth = 0;

  const peek = () => tokens[next] as Token;
  const take = () => tokens[next++] as Token;
  const isWord = (word: string) => peek().kind === 'word' && peek().text.toLowerCase() === word;
  function expect(kind: Token['kind'], what: string): Token {
    if (peek().kind !== kind) throw mistake(peek(), what);
    return take();
  }

  function readOr(): Selector {
    depth += 1;
    if (depth > depthMax) throw mistake(peek(), `at most ${depthMax} brackets within each other`);
    let left = readAnd();
    while (isWord('or')) {
      take();
      left = { kind: 'or', left, right: readAnd() };
    }
    depth -= 1;
    return left;
  }

  function readAnd(): Selector {
    let left = readNot();
    while (isWord('and')) {
      take();
      left = { kind: 'and', left, right: readNot() };
    }
    return left;
  }

  function readNot(): Selector {
    let negations = 0;
    while (isWord('not')) {
      take();
      negations += 1;
    }
    const inner = readTerm();
    return negations % 2 === 1 ? { kind: 'not', of: inner } : inner;
  }

  function readTerm(): Selector {
    if (peek().kind === '(') {
      take();
      const inner = readOr();
      expect(')', 'a closing bracket');
      return inner;
    }
    const key = expect('word', 'a label, `name`, `site` or `*`');
    if (key.text === '*') return { kind: 'all' };
    if (/^(and|or|not|in)$/i.test(key.text)) throw mistake(key, 'a label, `name`, `site` or `*`');
    if (!/^[a-z][a-z0-9_.-]*$/.test(key.text))
      throw mistake(key, 'a label: lower case letters, digits, dot, dash, underscore');
    if (isWord('in')) {
      take();
      return { kind: 'match', key: key.text, values: readValues() };
    }
    if (peek().kind === '!=') {
      take();
      return { kind: 'not', of: { kind: 'match', key: key.text, values: [expect('word', 'a value').text] } };
    }
    expect('=', `\`=\`, \`!=\` or \`in\` after ${key.text}`);
    return { kind: 'match', key: key.text, values: [expect('word', 'a value').text] };
  }

  function readValues(): string[] {
    expect('(', 'an opening bracket');
    const values = [expect('word', 'a value').text];
    while (peek().kind === ',') {
      take();
      values.push(expect('word', 'a value').text);
    }
    expect(')', 'a comma or a closing bracket');
    return values;
  }

  const selector = readOr();
  if (peek().kind !== 'end') throw mistake(peek(), '`and`, `or` or the end');
  return selector;
}

function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(!=|[=(),])|"([^"]*)"|([^\s=!(),"]+))/y;
  let at = 0;
  while (at < text.length && text.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw mistake({ kind: 'end', text: text.slice(at).trim(), at }, 'a label, a value or a sign');
    const [whole, sign, quoted, word] = match;
    const start = at + whole.length - whole.trimStart().length;
    if (sign !== undefined) tokens.push({ kind: sign as Token['kind'], text: sign, at: start });
    else tokens.push({ kind: 'word', text: quoted ?? word ?? '', at: start });
    at += whole.length;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}

function mistake(token: Token, wanted: string): SenaError {
  const found = token.text === '' ? 'it ends' : `there is \`${token.text.slice(0, 40)}\``;
  const message = `At character ${token.at + 1} ${found}; expected ${wanted}.`;
  return new SenaError(
    'invalid_selector',
    `The selector can not be read. ${message} Try \`*\`, \`name=web-01\`, or \`role=web and rack=a\`.`,
    {
      fields: [{ path: 'selector', message }],
    },
  );
}
