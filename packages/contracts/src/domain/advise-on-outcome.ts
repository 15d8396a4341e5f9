// What is known of a command that nobody saw end, and what its operator does next. Pure; a sentence or two for every reason.
import type { NotStartedReason, OutcomeKind, UnknownReason } from './outcome.ts';

/** null: it ended, or has not yet. A reason that is not known here is still advised on truthfully. */
export function adviseOnOutcome(outcome: OutcomeKind | null, reason: string | null): string | null {
  if (outcome === 'not_started') return lookUp(notStartedAdvice, reason) ?? 'It never began on this node.';
  if (outcome === 'unknown') return lookUp(unknownAdvice, reason) ?? `It may or may not have run. ${look}`;
  return null;
}

function lookUp(advice: Readonly<Record<string, string>>, reason: string | null): string | undefined {
  return reason === null ? undefined : advice[reason];
}

const look = 'Look at the node before you try again.';

const notStartedAdvice: Readonly<Record<NotStartedReason, string>> = {
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

const unknownAdvice: Readonly<Record<UnknownReason, string>> = {
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
