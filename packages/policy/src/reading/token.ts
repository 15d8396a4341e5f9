// The second reading of a command: a strict POSIX token list, held against the grammar's tree.

export type WordPart =
  | { kind: 'text'; text: string; quoted: boolean }
  /** `*`, `?` or `[…]` outside quotes. */
  | { kind: 'glob'; raw: string }
  | { kind: 'variable'; name: string; quoted: boolean }
  /** `$( … )`: the tokens inside, and where the whole stands. */
  | { kind: 'substitution'; level: Level; start: number; end: number; quoted: boolean }
  /** `$(( … ))`: the expression, digits, names and + - * / % ( ) only. */
  | { kind: 'arithmetic'; expression: string; quoted: boolean }
  /** A leading `~`. */
  | { kind: 'home' }
  /** `{1..5}`: bash counts. Other shells don't, so such a text runs in bash. */
  | { kind: 'range'; from: number; to: number };

export interface WordToken {
  kind: 'word';
  start: number;
  end: number;
  /** Never empty. `""` is one quoted text part. */
  parts: WordPart[];
}

export type Token =
  | WordToken
  /** ; ;; & && | || ( ) */
  | { kind: 'operator'; text: string; start: number; end: number }
  /** `text` without the descriptor; `descriptor` as written. */
  | { kind: 'redirect'; text: string; descriptor: string | undefined; start: number; end: number }
  | { kind: 'newline'; start: number; end: number };

/** The tokens of one nesting: the whole text, or the inside of one `$( … )`. */
export interface Level {
  tokens: Token[];
  /** Token index by start offset. */
  at: Map<number, number>;
  /** Tokens that the walk over the tree has accounted for. */
  claimed: Set<number>;
}

export interface Lexed {
  top: Level;
  /** All nestings, the top one first. */
  levels: Level[];
  /** True when something in it means the same in bash only. */
  bashOnly: boolean;
}

/** The word exactly as written, when it is a single unquoted text; reserved words and program names must be. */
export function plainText(token: Token | undefined): string | undefined {
  if (token?.kind !== 'word' || token.parts.length !== 1) return undefined;
  const [part] = token.parts;
  return part?.kind === 'text' && !part.quoted ? part.text : undefined;
}

/** What the word says, when nothing in it is expanded, quoted or not. */
export function writtenText(word: WordToken): string | undefined {
  let text = '';
  for (const part of word.parts) {
    if (part.kind !== 'text') return undefined;
    text += part.text;
  }
  return text;
}
