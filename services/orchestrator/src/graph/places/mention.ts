// A place in the question's text that is a name, and what the words of the text are. Pure.
import type { ScopedNode } from '../../planners/planner.ts';

export interface Token {
  readonly text: string;
  readonly shown: string;
  readonly start: number;
  readonly end: number;
}

export type Mention = Token & {
  readonly kind: 'node' | 'site' | 'label' | 'missing-node' | 'missing-site' | 'missing-label' | 'missing-place';
  readonly nodes: readonly ScopedNode[];
  readonly isExcluded: boolean;
};

export function mention(token: Token, kind: Mention['kind'], nodes: readonly ScopedNode[] = []): Mention {
  return { ...token, kind, nodes, isExcluded: false };
}

export function tokensOf(text: string): Token[] {
  return [...text.matchAll(/[\p{L}\p{N}](?:[\p{L}\p{N}._%+-]*[\p{L}\p{N}%])?/gu)].map((match) => ({
    text: match[0].toLowerCase(),
    shown: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

export function wholeName(name: string): RegExp {
  return new RegExp(
    `(?<![\\p{L}\\p{N}_-]|[\\p{L}\\p{N}]\\.)${escapeForPattern(name)}(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`,
    'giu',
  );
}

export function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
