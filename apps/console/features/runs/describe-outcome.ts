// What became of a command on a node, in words that don't claim more than is known. Pure.
import type { notStartedReasons, unknownReasons } from '@sena/contracts/domain/outcome';
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
    case 'not_started': {
      const whatToDo = lookUp(notStartedWords, facts.reason, 'It never began on this node.');
      return { tone: 'warning', short: 'Not started', long: detail ?? whatToDo, whatToDo };
    }
    case 'unknown': {
      const whatToDo = lookUp(unknownWords, facts.reason, `It may or may not have run. ${look}`);
      return { tone: 'unknown', short: 'Unknown', long: detail ?? whatToDo, whatToDo };
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

function lookUp(words: Readonly<Record<string, string>>, reason: string | null, otherwise: string): string {
  return (reason === null ? undefined : words[reason]) ?? otherwise;
}

const look = 'Look at the node before you try again.';

const notStartedWords: Readonly<Record<(typeof notStartedReasons)[number], string>> = {
  node_unreachable: 'The satellite could not reach the node. Check that it is up and that SSH answers.',
  host_key_mismatch: 'The node showed another host key than the one on record. Find out why before you trust it.',
  host_key_unknown: 'No host key is on record for this node. Add its fingerprint first.',
  login_failed: 'The node refused the login. Check the credential and the account on the node.',
  credential_missing: 'The satellite has no credential of this name. Add it to the satellite’s configuration.',
  address_not_allowed: 'The satellite may not connect to this address. Its own configuration decides.',
  channel_refused: 'The node refused to open a session. Look at its SSH server.',
  envelope_refused: 'The satellite refused the signed order. Read why, then ask again.',
  policy_refused: 'The satellite’s own policy refused the command. Whoever owns the site decides what may run there.',
  halted: 'The satellite is halted by its operator. Ask them to let it go on, then ask again.',
  expired: 'The order expired before it began. Ask again when the satellite is connected.',
  satellite_offline: 'No satellite of the site was connected. Start one, then ask again.',
  satellite_revoked: 'The satellite’s access was revoked. Add another at the site, then ask again.',
  cancelled: 'The run was cancelled before it began here. There is nothing to undo.',
  signer_refused: 'The signer refused the order. Read why, then ask again.',
  clock_skew: 'The satellite’s clock is off by more than 30 s. Set its time.',
  node_busy: 'The node was busy with too many commands. Try again later.',
  node_disk_full: 'The node’s disk is full: not even a lock could be written. Make room there, then ask again.',
  never_arrived:
    'The connection broke before the command reached the node. It can not start there any more; ask again.',
};

const unknownWords: Readonly<Record<(typeof unknownReasons)[number], string>> = {
  connection_lost: `The connection broke after the command was sent. It may or may not have run to its end. ${look}`,
  timeout_not_confirmed: `It ran into the time limit, and nobody saw it stop. It may still be running. ${look}`,
  satellite_lost: `The satellite went away while the command was under way. It may or may not have run. ${look}`,
  expired_without_word: `The time was up before the satellite said anything. It may or may not have run. ${look}`,
  report_unreadable: `The satellite’s report of its end could not be stored. It may or may not have run. ${look}`,
  satellite_restarted: `The satellite restarted while the command was under way. It may or may not have run. ${look}`,
  node_rebooted: `The node was restarted after the command was sent. It may or may not have run to its end. ${look}`,
  node_not_reached: `The node could not be reached again to ask what became of the command. It may or may not have run. ${look}`,
  start_not_seen: `Something ended on the node, but nothing showed that it was the command. It may or may not have run. Look at the account there (its login shell, ForceCommand). ${look}`,
  guard_lost: `What watched the command on the node is gone and left no end behind. It may or may not have run to its end. ${look}`,
};
