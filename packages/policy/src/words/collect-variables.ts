// Entered once per command, before the walk. Lists every place that may give a variable a value, from the tokens;
// a word that merely looks like an assignment is counted too, which only widens what a variable may hold.
import { type Level, plainText, type Token, type WordToken } from '../reading/token.ts';

export type AssignmentSite =
  | { kind: 'value'; word: WordToken; valueStart: number }
  | { kind: 'list'; words: WordToken[]; start: number }
  | { kind: 'read' };

export type Variables = Map<string, AssignmentSite[]>;

const assignmentStart = /^([A-Za-z_][A-Za-z0-9_]*)=/;
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function collectVariables(levels: readonly Level[]): Variables {
  const variables: Variables = new Map();
  const add = (name: string, site: AssignmentSite) => {
    const sites = variables.get(name);
    if (sites) sites.push(site);
    else variables.set(name, [site]);
  };
  for (const { tokens } of levels) {
    for (const [index, token] of tokens.entries()) {
      const assigned = assignedName(token);
      if (assigned !== undefined && token.kind === 'word') {
        add(assigned, { kind: 'value', word: token, valueStart: assigned.length + 1 });
      }
      const text = plainText(token);
      const name = plainText(tokens[index + 1]);
      if (text === 'for' && name !== undefined && plainText(tokens[index + 2]) === 'in') {
        add(name, { kind: 'list', words: wordsFrom(tokens, index + 3), start: token.start });
      }
      if (text === 'read') {
        for (const word of wordsFrom(tokens, index + 1)) {
          const read = plainText(word);
          if (read !== undefined && namePattern.test(read)) add(read, { kind: 'read' });
        }
      }
    }
  }
  return variables;
}

/** The name that a word of the form `name=…` assigns. */
export function assignedName(token: Token | undefined): string | undefined {
  if (token?.kind !== 'word') return undefined;
  const [first] = token.parts;
  if (first?.kind !== 'text' || first.quoted) return undefined;
  return assignmentStart.exec(first.text)?.[1];
}

function wordsFrom(tokens: readonly Token[], from: number): WordToken[] {
  const words: WordToken[] = [];
  for (const token of tokens.slice(from)) {
    if (token.kind !== 'word') break;
    words.push(token);
  }
  return words;
}
