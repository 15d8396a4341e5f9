// A reason in words for people: completes "not started: …" and "unknown whether it ran: …". Pure; what to do next is in advise-on-outcome.
import type { NotStartedReason, UnknownReason } from './outcome.ts';

/** One that is not known here is said as it is written. */
export function nameReason(reason: string | null): string {
  if (reason === null) return 'no reason was given';
  const known: Readonly<Record<string, string>> = words;
  return known[reason] ?? reason.replaceAll('_', ' ');
}

const words: Readonly<Record<NotStartedReason | UnknownReason, string>> = {
  node_unreachable: 'the node could not be reached',
  host_key_mismatch: 'the node showed another host key',
  host_key_unknown: 'nobody has confirmed the node’s host key',
  login_failed: 'the node refused the login',
  credential_missing: 'the satellite has no such credential',
  address_not_allowed: 'the satellite may not connect to this address',
  channel_refused: 'the node opened no session',
  envelope_refused: 'the satellite refused the order',
  policy_refused: 'the satellite’s own policy refused it',
  halted: 'the satellite is halted',
  expired: 'its time was up before it began',
  satellite_offline: 'no satellite of the site was connected',
  satellite_revoked: 'the satellite was revoked',
  cancelled: 'the run was cancelled',
  signer_refused: 'the signer refused the order',
  clock_skew: 'the satellite’s clock is wrong',
  node_busy: 'the node was busy',
  node_disk_full: 'the node’s disk is full',
  never_arrived: 'the connection broke before it arrived',
  connection_lost: 'the connection broke after it was sent',
  timeout_not_confirmed: 'nobody saw it stop at its time limit',
  satellite_lost: 'the satellite went away meanwhile',
  expired_without_word: 'no word came before its time was up',
  report_unreadable: 'the report of its end could not be stored',
  satellite_restarted: 'the satellite restarted meanwhile',
  node_rebooted: 'the node was restarted meanwhile',
  node_not_reached: 'the node could not be reached again',
  start_not_seen: 'nothing showed that it began',
  guard_lost: 'what watched it on the node is gone',
};
