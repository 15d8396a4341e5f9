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
}

type OutcomeFacts = Pick<Execution, 'outcome' | 'exitCode' | 'reason'> &
  Partial<Pick<Execution, 'signal' | 'startedAt' | 'detail'>>;

export function describeOutcome(facts: OutcomeFacts): OutcomeWords {
  const detail = facts.detail ?? null;
  switch (facts.outcome) {
    case null: {
      const started = facts.startedAt !== undefined && facts.startedAt !== null;
      return { tone: 'neutral', short: started ? 'Running' : 'Waiting', long: null };
    }
    case 'exited':
      return describeExit(facts, detail);
    case 'not_started':
      return {
        tone: 'warning',
        short: 'Not started',
        long: detail ?? lookUp(notStartedWords, facts.reason, 'It never began on this node.'),
      };
    case 'unknown':
      return {
        tone: 'unknown',
        short: 'Unknown',
        long:
          detail ??
          lookUp(unknownWords, facts.reason, 'It may or may not have run. Look at the node before you try again.'),
      };
  }
}

function describeExit(facts: OutcomeFacts, detail: string | null): OutcomeWords {
  if (facts.reason === 'timeout') {
    return {
      tone: 'danger',
      short: 'Timed out',
      long: detail ?? 'It ran into the time limit and was stopped; its end was seen.',
    };
  }
  if (facts.signal !== undefined && facts.signal !== null) {
    return { tone: 'danger', short: `Killed by ${facts.signal}`, long: detail };
  }
  if (facts.exitCode === 0) return { tone: 'success', short: 'Exit 0', long: detail };
  if (facts.exitCode === null) return { tone: 'danger', short: 'Killed by a signal', long: detail };
  return { tone: 'danger', short: `Exit ${facts.exitCode}`, long: detail };
}

function lookUp(words: Readonly<Record<string, string>>, reason: string | null, otherwise: string): string {
  return (reason === null ? undefined : words[reason]) ?? otherwise;
}

const notStartedWords: Readonly<Record<(typeof notStartedReasons)[number], string>> = {
  node_unreachable: 'The satellite could not reach the node. Check that it is up and that SSH answers.',
  host_key_mismatch: 'The node showed another host key than the one on record. Find out why before you trust it.',
  host_key_unknown: 'No host key is on record for this node. Add its fingerprint first.',
  login_failed: 'The node refused the login. Check the credential and the account on the node.',
  credential_missing: 'The satellite has no credential of this name. Add it to the satellite’s configuration.',
  address_not_allowed: 'The satellite may not connect to this address. Its own configuration decides.',
  channel_refused: 'The node refused to open a session. Look at its SSH server.',
  envelope_refused: 'The satellite refused the signed order.',
  policy_refused: 'The satellite’s own policy refused the command.',
  halted: 'The satellite is halted by its operator.',
  expired: 'The order expired before it began.',
  satellite_offline: 'No satellite of the site was connected.',
  satellite_revoked: 'The satellite’s access was revoked.',
  cancelled: 'The run was cancelled before it began here.',
  signer_refused: 'The signer refused the order.',
  clock_skew: 'The satellite’s clock is off by more than 30 s. Set its time.',
  node_busy: 'The node was busy with too many commands. Try again later.',
  node_disk_full: 'The node’s disk is full: not even a lock could be written. Make room there, then ask again.',
  never_arrived: 'The connection broke before the command reached the node. It can not start there any more.',
};

const unknownWords: Readonly<Record<(typeof unknownReasons)[number], string>> = {
  connection_lost: 'The connection broke after the command was sent. It may or may not have run to its end.',
  timeout_not_confirmed: 'It ran into the time limit, and nobody saw it stop. It may still be running.',
  satellite_lost: 'The satellite went away while the command was under way. It may or may not have run.',
  expired_without_word: 'The time was up before the satellite said anything. It may or may not have run.',
  report_unreadable:
    'The satellite’s report of its end could not be stored. It may or may not have run; look on the node.',
  node_rebooted: 'The node was restarted after the command was sent. How far it came is not known; look on the node.',
  node_not_reached: 'The node could not be reached again to ask what became of the command. Look on the node.',
  guard_lost: 'What watched the command on the node is gone and left no end behind. Look on the node.',
  satellite_restarted: 'The satellite restarted while the command was under way. It may or may not have run.',
};
