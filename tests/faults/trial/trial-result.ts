// What one trial is to do, and what has come of it, for all oracles and the report. Types only.
import type { Execution } from '@sena/contracts/http/runs';
import type { Cell, Mode } from '../cells.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Allowed } from './allow-outcomes.ts';
import type { CommandKind } from './command-kinds.ts';

export interface TrialPlan {
  readonly index: number;
  /** On a lane with one satellite, or with two. */
  readonly series: 'single' | 'paired';
  readonly cells: readonly Cell[];
  readonly kind: CommandKind;
  readonly random: SeededRandom;
}

export interface NodeResult {
  readonly node: string;
  readonly executionId: string;
  /** How it has to be carried out there. */
  readonly mode: Mode;
  readonly allowed: Allowed;
  readonly outcome: Execution['outcome'];
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly effects: number;
}

export interface TrialResult {
  readonly plan: TrialPlan;
  readonly lane: string;
  readonly mark: string;
  readonly runId: string | null;
  readonly fired: readonly Cell[];
  readonly nodes: readonly NodeResult[];
  readonly violations: readonly string[];
  readonly startedAt: Date;
  readonly durationMs: number;
}
