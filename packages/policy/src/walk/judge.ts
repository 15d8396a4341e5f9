// The state of one evaluation, handed down the walk. Created by evaluate-command, dropped when it returns.

import type { Node } from 'web-tree-sitter';
import { type Call, type Finding, notUnderstood, type Problem, type Span } from '../explain/finding.ts';
import type { Lexed, WordPart } from '../reading/token.ts';
import type { Variables } from '../words/collect-variables.ts';
import type { HoleKind, Piece } from '../words/piece.ts';

/** What `$( … )` can put in its place, when that is known. */
export type OutputKind = 'digits' | 'many-digits' | 'token' | 'many-tokens' | 'path' | 'any';

export type SubstitutionPart = Extract<WordPart, { kind: 'substitution' }>;

export interface Loop {
  name: string;
  start: number;
  bodyStart: number;
  bodyEnd: number;
  /** Nothing in the body gives the variable another value. */
  soleInBody: boolean;
}

export interface Judge {
  readonly text: string;
  readonly root: Node;
  readonly lexed: Lexed;
  readonly variables: Variables;
  /** Every directory that a `cd` in the text may lead to. */
  readonly directories: string[];
  readonly findings: Finding[];
  /** Variables whose values are being worked out: a circle means unknown. */
  readonly inProgress: Set<string>;
  /** Assignments that may still be looked at: a bound on the work, after which variables count as unknown. */
  lookupsLeft: number;
  /** `for` loops around the point of the walk, outermost first. */
  loops: Loop[];
  /** Variables certainly assigned before the point of the walk, with the offset of the assignment. */
  assigned: Map<string, number>;
  /** How many conditions, loops, pipes and subshells surround the point of the walk. */
  nesting: number;
  /** How many loops surround it of which nobody can say beforehand how often they go round. */
  roundsUnknown: number;
  /** What a variable may hold at the point of the walk. */
  variableValues: (name: string) => Piece[][];
  substitutionOutput: (part: SubstitutionPart) => OutputKind;
  arithmeticKind: (expression: string) => HoleKind;
}

export function report(judge: Judge, place: Span, problem: Problem): undefined {
  const { start, end } = place;
  const { kind, because: detail, call = notUnderstood } = problem;
  const known = judge.findings.find(
    (finding) => finding.start === start && finding.kind === kind && finding.detail === detail,
  );
  if (known === undefined) judge.findings.push({ kind, detail, start, end, call });
  else known.call = joinCalls(known.call, call);
}

/** A loop comes by here with each value of its variable: what is said of the call holds for all of them. */
function joinCalls(one: Call, other: Call): Call {
  if (!one.understood || !other.understood || one.use !== other.use)
    return { ...(one.program === undefined ? {} : { program: one.program }), ...notUnderstood };
  const { operands, asks, ...both } = one;
  const joined: Call = asks === true && other.asks === true ? { ...both, asks } : both;
  if (operands === undefined || other.operands === undefined) return joined;
  return { ...joined, operands: [...new Set([...operands, ...other.operands])] };
}

/** Works something out as it is at `offset`: only the loops around it, only what was assigned before it. */
export function atPlace<T>(judge: Judge, offset: number, work: () => T): T {
  const { loops, assigned } = judge;
  judge.loops = loops.filter(({ bodyStart, bodyEnd }) => bodyStart <= offset && offset < bodyEnd);
  judge.assigned = new Map([...assigned].filter(([, at]) => at < offset));
  try {
    return work();
  } finally {
    judge.loops = loops;
    judge.assigned = assigned;
  }
}
