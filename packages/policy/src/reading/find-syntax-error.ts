// Whether no shell that a command may run under can read it. Entered where somebody asks, so that nobody is asked to approve what can't run.
// Only what is certain, by the tokens on which dash, busybox and bash agree: whatever else is not understood is for a person. Pure.
import { findMisplaced } from './find-misplaced.ts';
import { lexTokens } from './lex-tokens.ts';
import { LexRefusal } from './lex-word.ts';
import { type Lexed, plainText, type Token } from './token.ts';

/** A sentence that says what to do, or null: it may be read. */
export function findSyntaxError(text: string): string | null {
  // A pattern of `case` closes a parenthesis that nobody opened, and `[[` reads by rules of its own.
  if (/(^|[^A-Za-z0-9_])case([^A-Za-z0-9_]|$)|\[\[/.test(text)) return null;
  try {
    return findUnclosed(lexTokens(text));
  } catch (error) {
    if (!(error instanceof LexRefusal)) throw error;
    switch (error.unclosed) {
      case 'quote':
        return 'A quote is not closed; close it, then ask again.';
      case 'substitution':
        return 'A `$(` is not closed; close it with `)`, then ask again.';
      case null:
        return null;
    }
  }
}

const blocks = [
  { opens: ['if'], closes: 'fi' },
  { opens: ['while', 'until', 'for'], closes: 'done' },
  { opens: ['{'], closes: '}' },
] as const;

function findUnclosed(lexed: Lexed): string | null {
  for (const { tokens } of lexed.levels) {
    const problem = findInLevel(tokens);
    if (problem !== null) return problem;
  }
  return null;
}

function findInLevel(tokens: readonly Token[]): string | null {
  // An array, a function, a pattern of bash: a parenthesis that belongs to a word.
  const isGlued = tokens.some((token, index) => isOperator(token, '(') && tokens[index - 1]?.end === token.start);
  if (isGlued) return null;
  let depth = 0;
  for (const token of tokens) {
    if (isOperator(token, '(')) depth += 1;
    if (isOperator(token, ')')) depth -= 1;
    if (depth < 0) return 'A `)` closes nothing; take it out or open it, then ask again.';
  }
  if (depth > 0) return 'A `(` is not closed; close it with `)`, then ask again.';
  // In bash braces may stand in the place of `do` and `done`.
  const hasBraces = tokens.some((token) => plainText(token) === '{');
  const commands = findCommands(tokens);
  for (const { opens, closes } of blocks) {
    if (closes === 'done' && hasBraces) continue;
    const opened = tokens.filter(
      (token, index) => opens.some((word) => word === plainText(token)) && commands[index] === true,
    );
    // Wherever it stands: what only looks like the end of one is no reason to refuse.
    const closed = tokens.filter((token) => plainText(token) === closes);
    const first = opened[0];
    if (first !== undefined && opened.length > closed.length)
      return `\`${plainText(first)}\` has no \`${closes}\`; add it, then ask again.`;
  }
  return findMisplaced(tokens, commands);
}

const leads = new Set(['then', 'else', 'elif', 'do', 'if', 'while', 'until', '{', '!']);
const joints = new Set(['&&', '||', ';', '&', '|', '(']);

/** Of each token: does nothing but another command's end, or a keyword that is one itself, stand before it? */
function findCommands(tokens: readonly Token[]): boolean[] {
  const commands: boolean[] = [];
  for (const index of tokens.keys()) {
    const before = tokens[index - 1];
    if (before === undefined || before.kind === 'newline') commands.push(true);
    else if (before.kind === 'operator') commands.push(joints.has(before.text));
    else commands.push(leads.has(plainText(before) ?? '') && commands[index - 1] === true);
  }
  return commands;
}

function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}
