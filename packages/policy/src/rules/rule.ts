// What the files of this folder hand to one another. Types only.
import type { CedarEngine } from './load-cedar.ts';

/** One text of rules, as it was written: an organization's policy, or a satellite's file. */
export interface RuleDocument {
  readonly name: string;
  readonly text: string;
}

/** What is wrong with a text, and where. `message` says what to do. Lines and columns begin at 1. */
export interface RuleProblem {
  readonly document: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Rule {
  /** By which it is told to people: `prod-changes`, `default/second-person`. */
  readonly name: string;
  readonly text: string;
}

/** What a rule asks of a node: all that tells two nodes apart. */
export interface NodeQuestion {
  /** `label` has the key in `key`. */
  readonly attribute: 'name' | 'site' | 'address' | 'runAs' | 'label';
  readonly key: string;
  readonly test:
    | { readonly kind: 'there' }
    | { readonly kind: 'is'; readonly text: string }
    /** `null` stands for any text. */
    | { readonly kind: 'like'; readonly parts: ReadonlyArray<string | null> };
}

export type Rules =
  | {
      readonly kind: 'ready';
      readonly engine: CedarEngine;
      readonly rules: readonly Rule[];
      /** Names its content: what was decided for it can be kept. */
      readonly key: string;
      readonly questions: readonly NodeQuestion[];
      /** Attributes of the requester and of the use that any rule mentions. */
      readonly principalAttributes: ReadonlySet<string>;
      readonly contextAttributes: ReadonlySet<string>;
      /** Some rule is about who the requester is, and not only about their attributes. */
      readonly isAboutPerson: boolean;
      /** What its writer should know, although it is not wrong. */
      readonly notes: readonly RuleProblem[];
      /** Answers of Cedar, by question. */
      readonly answers: Map<string, CedarAnswer>;
    }
  /** Unknown means no: whatever is decided by these is denied. */
  | { readonly kind: 'broken'; readonly problems: readonly RuleProblem[] };

export interface CedarAnswer {
  readonly permitted: boolean;
  /** Names of the rules that made it so. */
  readonly rules: readonly string[];
}
