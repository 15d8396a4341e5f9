// What a runbook is: read-only commands, and a reading of what they print. Types only.

/** Code and data of one runbook. `analyse` is pure: the same observations give the same report. */
export interface Runbook {
  /** Lower case, hyphens; never changes once released. */
  slug: string;
  title: string;
  /** One or two sentences for people. */
  description: string;
  /** How people ask for it, in their own words. */
  questions: readonly string[];
  /** Further words it is found by, synonyms included. */
  keywords: string;
  /** Read-only for every policy; POSIX sh. `step` is unique within the runbook. */
  commands: readonly RunbookCommand[];
  /** `question` is what was asked, where somebody asked: it may name a port, a package or a service. */
  analyse(observations: readonly NodeObservation[], question?: string): RunbookReport;
}

export interface RunbookCommand {
  step: string;
  title: string;
  command: string;
  /** What it prints says something only beside what like nodes print: where the question is about few nodes, others are asked too. */
  comparesNodes?: true;
}

/** What became of the runbook's commands on one node. */
export interface NodeObservation {
  node: ObservedNode;
  /** Nobody asked about this node: it is what the others are compared with. Nothing is claimed about it. */
  isPeer?: true;
  results: readonly StepResult[];
}

export interface ObservedNode {
  id: string;
  name: string;
  /** Nodes with the same `role` label are compared with each other; without it, those with the same name before the number. */
  labels?: Readonly<Record<string, string>>;
}

export interface StepResult {
  step: string;
  executionId: string;
  outcome: 'exited' | 'not_started' | 'unknown';
  /** null: ended by a signal, or not `exited`. */
  exitCode: number | null;
  reason: string | null;
  /** What its satellite said of it, where it did not run to an end that was seen. */
  detail?: string | null;
  stdout: string;
  stderr: string;
  /** Some of stdout or stderr is missing here. */
  truncated: boolean;
}

export interface RunbookReport {
  /** One sentence that answers, with the names of nodes. */
  headline: string;
  /** Worst first. Every claim rests on at least one execution. */
  findings: RunbookFinding[];
  /** Nodes about which nothing, or not everything, can be said. Never counted as healthy. */
  notAnswered: NotAnswered[];
  /** Rests on a comparison, and there was nothing to compare with: what is odd could not show. */
  isUncompared?: true;
}

export interface RunbookFinding {
  /** At most 2,000 characters. */
  claim: string;
  severity: 'info' | 'warning' | 'critical';
  nodes: NodeName[];
  executionIds: string[];
}

export interface NodeName {
  id: string;
  name: string;
}

export interface NotAnswered {
  node: NodeName;
  /** Completes "web-03 …": "was not reached (No connection to 10.0.0.3:22)". */
  why: string;
  /** What to do about it, as a sentence or two. */
  advice?: string;
}
