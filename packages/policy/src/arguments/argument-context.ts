// What is known around the arguments of a program. Handed from walk/judge-program to check-arguments and its readers.
import type { Problem } from '../explain/finding.ts';
import type { StandardInput } from '../walk/standard-input.ts';
import type { Word } from '../words/piece.ts';

export interface ArgumentContext {
  directories: readonly string[];
  /** Inside `timeout`: what never ends is ended. */
  bounded: boolean;
  input: StandardInput;
  /** Judges the command that a wrapper runs. */
  judgeInner: JudgeInner;
}

export type JudgeInner = (words: readonly Word[], given: { bounded: boolean; input: StandardInput }) => Problem[];
