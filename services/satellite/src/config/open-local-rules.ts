// Entered once at start, and asked before every dispatch: the rules that the customer wrote down beside the satellite. Reads their file
// again whenever it has changed. The cloud can't change it.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { compileRules } from '@sena/policy/rules/compile-rules';
import { type CedarEngine, loadCedar } from '@sena/policy/rules/load-cedar';
import type { Rules } from '@sena/policy/rules/rule';
import { OperatorError } from './operator-error.ts';

export interface LocalRules {
  /** Null: the customer has none. `broken`, so that everything is refused, while the file can't be read. */
  current(): Rules | null;
}

/** Throws `OperatorError` when there is to be a file, and it can't be read or holds no rules. */
export async function openLocalRules(file: string | undefined): Promise<LocalRules> {
  if (file === undefined) return { current: () => null };
  const engine = await loadCedar();
  let seen = read(engine, file);
  if (seen.rules.kind === 'broken') {
    const lines = seen.rules.problems.map(({ line, column, message }) => `  ${file}:${line}:${column}: ${message}`);
    throw new OperatorError(
      `The rules of policy.policyFile can't be used. Correct them and start again:\n${lines.join('\n')}`,
    );
  }
  return {
    current() {
      if (stampOf(file) !== seen.stamp) seen = read(engine, file);
      return seen.rules;
    },
  };
}

interface Seen {
  /** Of the file as it was read. */
  readonly stamp: string;
  readonly rules: Rules;
}

function read(engine: CedarEngine, file: string): Seen {
  // Before the text: one that changes in between is read again.
  const stamp = stampOf(file);
  try {
    const rules = compileRules(engine, 'satellite', 'here', [{ name: nameOf(file), text: readFileSync(file, 'utf8') }]);
    return { stamp, rules };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    const message = `The file can't be read (${code}). Check its owner and mode.`;
    return { stamp, rules: { kind: 'broken', problems: [{ document: nameOf(file), line: 1, column: 1, message }] } };
  }
}

function stampOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'gone' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** By which its rules are told: `local`, for `local.cedar`. */
function nameOf(file: string): string {
  return basename(file).replace(/[.][^.]*$/, '');
}
