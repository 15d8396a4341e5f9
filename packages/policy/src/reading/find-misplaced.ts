// What stands where no shell takes it, by the tokens alone. Entered from find-syntax-error, for texts without `case`. Pure.
import { plainText, type Token } from './token.ts';

const joints = new Set(['&&', '||', '|', ';', '&', ';;']);
const unfinished = new Set(['&&', '||', '|']);
const closers = [
  { word: 'fi', opens: ['if'] },
  { word: 'then', opens: ['if', 'elif'] },
  { word: 'done', opens: ['for', 'while', 'until', 'select'] },
  { word: 'do', opens: ['for', 'while', 'until', 'select'] },
];

/** `commands`: of each token, whether a command may begin there. A sentence that says what to do, or null. */
export function findMisplaced(tokens: readonly Token[], commands: readonly boolean[]): string | null {
  // The lines of a here-document are no shell.
  if (tokens.some((token) => token.kind === 'redirect' && token.text.startsWith('<<'))) return null;
  for (const [index, token] of tokens.entries()) {
    const problem = judgeToken(token, tokens[index - 1], tokens[index + 1]);
    if (problem !== null) return problem;
  }
  const last = tokens.findLast(({ kind }) => kind !== 'newline');
  if (last?.kind === 'operator' && unfinished.has(last.text))
    return `Behind the last \`${last.text}\` stands nothing; add the command, then ask again.`;
  for (const { word, opens } of closers) {
    const closing = tokens.filter((token, index) => commands[index] === true && plainText(token) === word);
    // Wherever it stands: what only looks like a beginning is no reason to refuse.
    const hasOpening = tokens.some((token) => opens.some((open) => open === plainText(token)));
    if (closing.length > 0 && !hasOpening)
      return `\`${word}\` belongs to no \`${opens[0]}\`; take it out or add that, then ask again.`;
  }
  return null;
}

function judgeToken(token: Token, before: Token | undefined, after: Token | undefined): string | null {
  // The number behind `>&` may have been read as the next one's descriptor.
  if (token.kind === 'redirect' && !token.text.endsWith('&') && after?.kind !== 'word')
    return `Behind \`${token.text}\` stands no file; name it, then ask again.`;
  if (token.kind !== 'operator' || !joints.has(token.text)) return null;
  if (token.text === ';;') return '`;;` belongs into `case`; write `;`, then ask again.';
  const isAlone =
    before === undefined ||
    before.kind === 'newline' ||
    (before.kind === 'operator' && (joints.has(before.text) || before.text === '('));
  return isAlone ? `In front of \`${token.text}\` stands no command; take it out or add one, then ask again.` : null;
}
