// What thinks for a run: commands directly, runbooks, or a model. Each turn either asks for commands or answers. Types only.
import type { Planner as PlannerName, PlanStep, Usage } from '@sena/contracts/domain/run';
import type { Observation, OutputWanted } from '@sena/runs/execution/list-observations';
import type { NewFinding } from '@sena/runs/run/save-report';

/** A node of the run's scope. */
export interface ScopedNode {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface RunRequest {
  /** How long its work may wait for satellites and nodes that are offline. */
  readonly waitMs: number;
  /** Its commands begin no earlier. null: at once. */
  readonly startAt: string | null;
  readonly kind: 'ask' | 'command' | 'runbook';
  readonly prompt: string | null;
  readonly command: string | null;
  readonly runbook: string | null;
}

export interface PlanContext {
  readonly organizationId: string;
  readonly runId: string;
  readonly request: RunRequest;
  readonly nodes: readonly ScopedNode[];
  /** Nodes that are not asked about, but may be read to compare with; a planner that uses them claims nothing about them. */
  readonly peers: readonly ScopedNode[];
  /** What of the question's text is a name of nodes, sites or labels, existing or not. */
  readonly names: readonly string[];
  /** Sentences about names in the question that nothing has. They are put before the answer. */
  readonly notes: readonly string[];
  /** The question names nothing but what does not exist, in plain words: `nodes` are all, and may not be what is meant. */
  readonly isNowhere: boolean;
  /** Counts from 0. */
  readonly turn: number;
  /** What this planner returned at its last turn; null at the first. JSON. */
  readonly memory: unknown;
  /** Of the last turn's steps. */
  readonly observations: readonly Observation[];
  /** W3C trace context of the run; null: it has none. */
  readonly traceparent: string | null;
  readonly signal: AbortSignal;
}

export type PlanTurn =
  | {
      readonly kind: 'probe';
      readonly summary: string;
      readonly steps: PlanStep[];
      readonly memory: unknown;
      readonly usage?: Usage;
    }
  | { readonly kind: 'answer'; readonly answer: string; readonly findings: NewFinding[]; readonly usage?: Usage }
  /** A sentence that says what to do instead. */
  | { readonly kind: 'cannot'; readonly reason: string; readonly usage?: Usage };

export interface Planner {
  readonly name: PlannerName;
  /** What it reads of the output of its commands. */
  readonly wanted: OutputWanted;
  plan(context: PlanContext): Promise<PlanTurn>;
}
