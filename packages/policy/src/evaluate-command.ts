// The door. Entered by the gate in the cloud and again by the satellite, with the same text and the same answer.
// Pure: reads nothing but its arguments, runs nothing.
import type { Shell } from '@sena/contracts/domain/policy';
import type { Node, Tree } from 'web-tree-sitter';
import { judgeEnvironment } from './environment/judge-environment.ts';
import { type Explained, explainDecision } from './explain/explain-decision.ts';
import { type Finding, notUnderstood } from './explain/finding.ts';
import { namePrograms } from './explain/name-programs.ts';
import type { ShellParser } from './load-bash-parser.ts';
import { findBashSyntax } from './reading/find-bash-syntax.ts';
import { lexTokens } from './reading/lex-tokens.ts';
import { LexRefusal } from './reading/lex-word.ts';
import { type Lexed, plainText, writtenText } from './reading/token.ts';
import { checkText } from './text/check-text.ts';
import { atPlace, type Judge, type OutputKind } from './walk/judge.ts';
import { walkStatement } from './walk/walk-statement.ts';
import { walkSubstitution } from './walk/walk-substitution.ts';
import { arithmeticKind } from './words/arithmetic-kind.ts';
import { collectVariables } from './words/collect-variables.ts';
import { variableValues } from './words/variable-values.ts';

/** `shell`: the only shell whose reading was judged; the command runs as `<shell> -c <text>`, environment cleared. */
export type CommandEvaluation = Explained & { shell: Shell };

/**
 * What `command` would do with `environment` added to the fixed one. `allow` only when every part of it is a known read-only use of a known program; whatever
 * is not understood is `require_approval` with its reason. Offsets are UTF-16. Never throws on any text.
 */
export function evaluateCommand(
  parser: ShellParser,
  command: string,
  environment: Readonly<Record<string, string>> = {},
): CommandEvaluation {
  const set = judgeEnvironment(environment);
  const textFindings = checkText(command);
  if (textFindings.length > 0) return { ...explainDecision([...set, ...textFindings]), shell: 'sh' };
  const tree = parseWithin(parser, command);
  if (!tree) return { ...explainDecision([...set, unknownText(command, 'it could not be parsed')]), shell: 'sh' };
  try {
    const { findings, bashOnly } = judgeTree(command, tree.rootNode);
    const decision = explainDecision(findings);
    const bash = bashOnly || (decision.decision !== 'allow' && findBashSyntax(tree.rootNode));
    // Which shell was judged is a matter of the text alone.
    return { ...(set.length === 0 ? decision : explainDecision([...set, ...findings])), shell: bash ? 'bash' : 'sh' };
  } finally {
    tree.delete();
  }
}

/** What people write takes 300 at most, however long. Counted, not timed: cloud and satellite come to the same answer. */
const parseStepsMax = 450;

/** Null: it takes too many steps. Some texts cost the grammar the square of their length. */
function parseWithin(parser: ShellParser, command: string): Tree | null {
  let steps = 0;
  const progressCallback = () => {
    steps += 1;
    return steps > parseStepsMax;
  };
  const tree = parser.parse(command, null, { progressCallback });
  // What was given up would be gone on with.
  if (tree === null) parser.reset();
  return tree;
}

function judgeTree(text: string, root: Node): { findings: Finding[]; bashOnly: boolean } {
  let lexed: Lexed;
  try {
    lexed = lexTokens(text);
  } catch (error) {
    if (!(error instanceof LexRefusal)) throw error;
    const refusal: Finding = {
      kind: 'unknown',
      detail: error.message,
      start: error.start,
      end: Math.min(error.end, text.length),
      call: notUnderstood,
    };
    return { findings: [...namePrograms(root), refusal], bashOnly: false };
  }
  if (root.hasError) {
    const findings = [...namePrograms(root), unknownText(text, 'it is not complete or not plain shell')];
    return { findings, bashOnly: lexed.bashOnly };
  }
  if (isBeyondWriting(lexed)) {
    const findings = [unknownText(text, 'it has more parts than are judged at once: split it')];
    return { findings, bashOnly: lexed.bashOnly };
  }
  const judge = createJudge(text, root, lexed);
  walkStatement(judge, lexed.top, root);
  const findings = [...judge.findings, ...unclaimed(lexed)];
  if (findings.length === 0) findings.push(unknownText(text, 'it runs no program'));
  return { findings, bashOnly: lexed.bashOnly };
}

/** Far more than a person writes, few enough to answer at once. */
const lookupsMax = 2_000;
const tokensMax = 4_000;
const levelsMax = 200;

function isBeyondWriting({ levels }: Lexed): boolean {
  const tokens = levels.reduce((sum, level) => sum + level.tokens.length, 0);
  return levels.length > levelsMax || tokens > tokensMax;
}

/** Tokens that the walk over the tree never met. */
function unclaimed(lexed: Lexed): Finding[] {
  for (const level of lexed.levels) {
    for (const [index, token] of level.tokens.entries()) {
      if (token.kind === 'newline' || level.claimed.has(index)) continue;
      const { start, end } = token;
      return [
        {
          kind: 'unknown',
          detail: 'the shell and the grammar may read this differently',
          start,
          end,
          call: notUnderstood,
        },
      ];
    }
  }
  return [];
}

function createJudge(text: string, root: Node, lexed: Lexed): Judge {
  const outputs = new Map<number, OutputKind>();
  const judge: Judge = {
    text,
    root,
    lexed,
    variables: collectVariables(lexed.levels),
    directories: directoriesOf(lexed),
    findings: [],
    inProgress: new Set(),
    lookupsLeft: lookupsMax,
    loops: [],
    assigned: new Map(),
    nesting: 0,
    roundsUnknown: 0,
    substitutionOutput: (part) => {
      const known = outputs.get(part.start);
      if (known) return known;
      outputs.set(part.start, 'any');
      const output = atPlace(judge, part.start, () => walkSubstitution(judge, part));
      outputs.set(part.start, output);
      return output;
    },
    variableValues: (name) => variableValues(judge, name),
    arithmeticKind: (expression) => arithmeticKind(judge, expression),
  };
  return judge;
}

/** Wherever `cd` may have led: relative paths are judged from each of them. One that is not written out is reported where it is called. */
function directoriesOf(lexed: Lexed): string[] {
  const directories: string[] = [];
  for (const { tokens } of lexed.levels) {
    for (const [index, token] of tokens.entries()) {
      if (plainText(token) !== 'cd') continue;
      // Options and redirections may stand in front of it.
      for (const [after, next] of tokens.slice(index + 1).entries()) {
        if (next.kind !== 'word' && next.kind !== 'redirect') break;
        const isTarget = tokens[index + after]?.kind === 'redirect';
        const written = next.kind === 'word' && !isTarget ? writtenText(next) : undefined;
        if (written !== undefined) directories.push(written);
      }
    }
  }
  return directories;
}

function unknownText(text: string, detail: string): Finding {
  return { kind: 'unknown', detail, start: 0, end: text.length, call: notUnderstood };
}
