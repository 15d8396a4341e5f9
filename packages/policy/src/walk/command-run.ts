// A simple command as the shell sees it: the tokens from its first word to the next separator.
import type { Level, Token, WordToken } from '../reading/token.ts';

export interface CommandRun {
  words: WordToken[];
  redirections: Array<{ operator: Extract<Token, { kind: 'redirect' }>; target: WordToken | undefined }>;
  /** The tokens in front of the `|` that pipes into it, back to where the pipe begins. */
  piped: readonly Token[] | undefined;
  start: number;
  end: number;
  /** Index of the token after it. */
  next: number;
}

/** Claims what it takes. */
export function takeRun(level: Level, from: number): CommandRun {
  const first = level.tokens[from];
  const { start, end } = first ?? { start: 0, end: 0 };
  const run: CommandRun = { words: [], redirections: [], piped: pipedInto(level, from), start, end, next: from };
  for (;;) {
    const token = level.tokens[run.next];
    if (!token || token.kind === 'operator' || token.kind === 'newline') return run;
    level.claimed.add(run.next);
    run.next += 1;
    run.end = token.end;
    if (token.kind === 'word') {
      run.words.push(token);
      continue;
    }
    const target = level.tokens[run.next];
    if (target?.kind === 'word') {
      level.claimed.add(run.next);
      run.next += 1;
      run.end = target.end;
    }
    run.redirections.push({ operator: token, target: target?.kind === 'word' ? target : undefined });
  }
}

/** Of a longer pipe than a person writes nothing is known. */
const pipedMax = 64;

function pipedInto({ tokens }: Level, from: number): readonly Token[] | undefined {
  let pipe = from - 1;
  while (tokens[pipe]?.kind === 'newline') pipe -= 1;
  if (!isPipe(tokens[pipe])) return undefined;
  const before = tokens.slice(Math.max(0, pipe - pipedMax), pipe);
  const bound = before.findLastIndex(
    (token) => token.kind === 'newline' || (token.kind === 'operator' && !isPipe(token)),
  );
  return bound < 0 && before.length === pipedMax ? [] : before.slice(bound + 1);
}

function isPipe(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === '|';
}
