// Entered by every runbook first: separates what a node said from what it did not say.
// Pure. Whatever is missing, failed, cut or unreadable is "not answered", with the reason.
import { adviseOnOutcome } from '@sena/contracts/domain/advise-on-outcome';
import { nameReason } from '@sena/contracts/domain/name-reason';
import type { NodeName, NodeObservation, NotAnswered, StepResult } from '../runbook.ts';

export interface Answer<T> {
  node: NodeName;
  labels: Readonly<Record<string, string>>;
  executionId: string;
  value: T;
}

export interface Answers<T> {
  answers: Answer<T>[];
  /** Answers of nodes that nobody asked about, to compare with. A peer that is silent is just not there. */
  peers: Answer<T>[];
  notAnswered: NotAnswered[];
  asked: number;
}

/** `partial`: what was read is true, but more may be wrong than was seen; the node is listed as not (wholly) answered too. */
export type Reading<T> = { kind: 'read'; value: T; partial?: string } | { kind: 'unreadable'; why: string };

export interface ReadOptions {
  /** Exit codes with which the output can still be read. Default: 0 only. */
  exitCodes?: readonly number[];
}

/** Reads one step's result of every node with `read`. Nodes keep their order. */
export function readAnswers<T>(
  observations: readonly NodeObservation[],
  step: string,
  read: (result: StepResult) => Reading<T>,
  options: ReadOptions = {},
): Answers<T> {
  const answers: Answer<T>[] = [];
  const peers: Answer<T>[] = [];
  const notAnswered: NotAnswered[] = [];
  const asked = observations.filter((observation) => !observation.isPeer);
  for (const { node: observed, results } of observations.filter((observation) => observation.isPeer)) {
    const result = results.find((candidate) => candidate.step === step);
    if (result === undefined || whyUnusable(result, options.exitCodes ?? [0]) !== null) continue;
    const reading = read(result);
    if (reading.kind === 'unreadable') continue;
    const node = { id: observed.id, name: observed.name };
    peers.push({ node, labels: observed.labels ?? {}, executionId: result.executionId, value: reading.value });
  }
  for (const { node: observed, results } of asked) {
    const node = { id: observed.id, name: observed.name };
    const result = results.find((candidate) => candidate.step === step);
    if (result === undefined) {
      notAnswered.push({ node, why: 'was not asked' });
      continue;
    }
    const refusal = whyUnusable(result, options.exitCodes ?? [0]);
    if (refusal !== null) {
      const advice = adviseOnOutcome(result.outcome, result.reason);
      notAnswered.push({ node, why: refusal, ...(advice === null ? {} : { advice }) });
      continue;
    }
    const reading = read(result);
    switch (reading.kind) {
      case 'unreadable':
        notAnswered.push({ node, why: reading.why });
        break;
      case 'read':
        answers.push({
          node,
          labels: observed.labels ?? {},
          executionId: result.executionId,
          value: reading.value,
        });
        if (reading.partial !== undefined) notAnswered.push({ node, why: reading.partial });
        break;
    }
  }
  return { answers, peers, notAnswered, asked: asked.length };
}

/** Completes "web-03 …". What is not here was stopped before the node heard of it. */
const unreached: Readonly<Record<string, string>> = {
  node_unreachable: 'was not reached',
  host_key_mismatch: 'showed another host key than the one that is known, and was not logged into',
  host_key_unknown: 'has a host key that nobody has confirmed, and was not logged into',
  login_failed: 'did not accept the login',
  credential_missing: 'could not be logged into, its satellite has no such credential',
  address_not_allowed: 'has an address that its satellite may not reach',
  channel_refused: 'did not let the command start',
  policy_refused: 'was not asked, the policy of its satellite refuses the command',
  expired: 'was not reached in time',
  satellite_offline: 'was not reached, no satellite of its site is connected',
  satellite_revoked: 'was not reached, its satellite has been revoked',
  cancelled: 'was not asked, the run was cancelled',
};

function whyUnusable(result: StepResult, exitCodes: readonly number[]): string | null {
  switch (result.outcome) {
    case 'not_started':
      return `${unreached[result.reason ?? ''] ?? 'was not asked'}${inParentheses(result)}`;
    case 'unknown':
      return `did not report back, the outcome is unknown${inParentheses(result)}`;
    case 'exited':
      if (result.reason === 'timeout') return 'took longer than the time limit';
      if (result.exitCode === null) return 'had its command ended by a signal';
      if (result.truncated) return 'printed more than was kept, so its output is not complete';
      if (!exitCodes.includes(result.exitCode)) return failureOf(result);
      return null;
  }
}

/** What the satellite said; without that the reason in words, where it says more than "was not reached". */
function inParentheses({ reason, detail }: StepResult): string {
  const said = firstLine(detail ?? '').replace(/\.$/, '');
  if (said !== '') return ` (${said})`;
  return reason !== null && Object.hasOwn(unreached, reason) ? '' : ` (${nameReason(reason)})`;
}

/** "could not run it (exit 127: sh: 1: ps: not found)" */
export function failureOf(result: StepResult): string {
  const complaint = firstLine(result.stderr);
  return `could not run it (exit ${result.exitCode}${complaint === '' ? '' : `: ${complaint}`})`;
}

/** The first line that isn't empty, at most 160 characters, without control characters. */
export function firstLine(text: string): string {
  for (const line of text.split('\n')) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a node prints may hold any
    const clean = line.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
    if (clean !== '') return clean.length > 160 ? `${clean.slice(0, 159)}…` : clean;
  }
  return '';
}
