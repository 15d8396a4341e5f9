// What became of a command on a node, in words that don't claim more than is known. Pure.
import { adviseOnOutcome } from '@sena/contracts/domain/advise-on-outcome';
import type { Execution } from '@sena/contracts/http/runs';

export type OutcomeTone = 'success' | 'warning' | 'danger' | 'unknown' | 'neutral';

export interface OutcomeWords {
  tone: OutcomeTone;
  /** A word or two for a badge. */
  short: string;
  /** A sentence where the short form is not enough. */
  long: string | null;
  /** What is known of its reason and what to do, where it did not run to an end that was seen. */
  whatToDo: string | null;
}

type OutcomeFacts = Pick<Execution, 'outcome' | 'exitCode' | 'reason'> &
  Partial<Pick<Execution, 'signal' | 'startedAt' | 'detail'>>;

export function describeOutcome(facts: OutcomeFacts): OutcomeWords {
  const detail = facts.detail ?? null;
  switch (facts.outcome) {
    case null: {
      // Of a group of executions it is not known which have started.
      if (facts.startedAt === undefined) return plain('neutral', 'Under way', null);
      return plain('neutral', facts.startedAt === null ? 'Waiting' : 'Running', null);
    }
    case 'exited':
      return describeExit(facts, detail);
    case 'not_started':
    case 'unknown': {
      const whatToDo = adviseOnOutcome(facts.outcome, facts.reason);
      const isUnknown = facts.outcome === 'unknown';
      return {
        ...{ tone: isUnknown ? 'unknown' : 'warning', short: isUnknown ? 'Unknown' : 'Not started' },
        ...{ long: detail ?? whatToDo, whatToDo },
      };
    }
  }
}

function describeExit(facts: OutcomeFacts, detail: string | null): OutcomeWords {
  if (facts.reason === 'timeout') {
    return plain('danger', 'Timed out', detail ?? 'It ran into the time limit and was stopped; its end was seen.');
  }
  if (facts.reason === 'cancelled') {
    return plain(
      'warning',
      'Stopped',
      detail ?? 'The run was cancelled while it ran: it was stopped, and its end was seen.',
    );
  }
  if (facts.signal !== undefined && facts.signal !== null) return plain('danger', `Killed by ${facts.signal}`, detail);
  if (facts.exitCode === 0) return plain('success', 'Exit 0', detail);
  if (facts.exitCode === null) return plain('danger', 'Killed by a signal', detail);
  return plain('danger', `Exit ${facts.exitCode}`, detail);
}

function plain(tone: OutcomeTone, short: string, long: string | null): OutcomeWords {
  return { tone, short, long, whatToDo: null };
}
