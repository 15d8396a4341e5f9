// What a run's graph remembers between its nodes: JSON, written to the checkpoint after every node. Types, channels, and what is read out of them.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Annotation } from '@langchain/langgraph';
import type { Shell } from '@sena/contracts/domain/policy';
import type { PlanStep } from '@sena/contracts/domain/run';
import type { NewFinding } from '@sena/runs/run/save-report';
import type { RunRequest, ScopedNode } from '../planners/planner.ts';

/** What the gate said to a step that may run. */
export interface PassedStep {
  readonly step: string;
  readonly shell: Shell;
  readonly readOnly: boolean;
  /** It needs no approval: it only reads, or policy lets it change something. */
  readonly isDirect: boolean;
}

export type RunEnding =
  | { readonly status: 'succeeded'; readonly answer: string; readonly findings: NewFinding[] }
  | { readonly status: 'failed' | 'cancelled'; readonly reason: string };

export const runChannels = Annotation.Root({
  request: Annotation<RunRequest>(),
  /**
   * ScopedNode[], packed: as ten thousand objects they would be gone through one by one at every checkpoint, and as plain text written and
   * read a megabyte at a time.
   */
  nodes: Annotation<string>(),
  /** Packed too. Read to compare with, never claimed about. */
  peers: Annotation<string>(),
  /** What of the question's text is a name of nodes, sites or labels, existing or not. */
  names: Annotation<string[]>(),
  /** Sentences about names in the question that nothing has. */
  notes: Annotation<string[]>(),
  isNowhere: Annotation<boolean>(),
  turn: Annotation<number>(),
  /** The planner that thinks for this run; chosen at the first turn. */
  planner: Annotation<'none' | 'runbook' | 'model'>(),
  memory: Annotation<unknown>(),
  steps: Annotation<PlanStep[]>(),
  passed: Annotation<PassedStep[]>(),
  /** The approval that the present turn waits for or rests on. */
  approvalId: Annotation<string | null>(),
  ending: Annotation<RunEnding | null>(),
});
export function packNodes(nodes: readonly ScopedNode[]): string {
  return zstdCompressSync(JSON.stringify(nodes)).toString('base64');
}

export function unpackNodes(packed: string): ScopedNode[] {
  return JSON.parse(zstdDecompressSync(Buffer.from(packed, 'base64')).toString('utf8')) as ScopedNode[];
}

export type RunState = typeof runChannels.State;
export type RunUpdate = Partial<RunState>;

/** Throws for a step that did not pass the gate. */
export function passedOf(state: RunState, { step }: { step: string }): PassedStep {
  const passed = state.passed.find((candidate) => candidate.step === step);
  if (passed === undefined) throw new Error(`step ${step} did not pass the gate`);
  return passed;
}
