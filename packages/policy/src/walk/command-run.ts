// A simple command as the shell sees it: the tokens from its first word to the next separator.
import type { Level, Token, WordToken } from '../reading/token.ts';

export interface CommandRun {
  words: WordToken[];
  redirections: Array<{ operator: Extract<Token, { kind: 'redirect' }>; target: WordToken | undefined }>;
  start: number;
  end: number;
  /** Index of the token after it. */
  next: number;
}

/** Claims what it takes. */
export function takeRun(level: Level, from: number): CommandRun {
  const first = level.tokens[from];
  const run: CommandRun = { words: [], redirections: [], start: first?.start ?? 0, end: first?.end ?? 0, next: from };
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
