// Which reasons are true words for what each kind of fault does, beside `exited`. Written down before anything runs, like the cells. Data only.
import type { NotStartedReason, UnknownReason } from '@sena/contracts/domain/outcome';
import type { Fault } from './cells.ts';

interface Reasons {
  /** Where its cell says that nobody can know. `report_unreadable` is nowhere: what a satellite says is always to be understood. */
  readonly unknown: readonly UnknownReason[];
  readonly notStarted: readonly NotStartedReason[];
  /** The connection breaks and its satellite lives: where nothing on the node keeps output, an end may be known without all that was printed. */
  readonly cutsOutput?: true;
}

/** Everybody lives: whatever is asked for runs to its end. */
const nothing: Reasons = { unknown: [], notStarted: [] };

const satelliteDied: Reasons = {
  unknown: ['satellite_restarted', 'connection_lost'],
  // The next one asks the guard, and makes sure that what has not begun never will.
  notStarted: ['never_arrived'],
};
/** Connections that were being opened may be given up. */
const satelliteStopped: Reasons = { unknown: [], notStarted: ['node_unreachable'] };
const lineLost: Reasons = {
  unknown: ['connection_lost', 'start_not_seen', 'timeout_not_confirmed'],
  notStarted: ['never_arrived', 'node_unreachable', 'channel_refused'],
  cutsOutput: true,
};

export function reasonsOf(fault: Fault): Reasons {
  switch (fault.kind) {
    case 'satellite-at-commit':
    case 'satellite-at-frame':
      return fault.how === 'kill' ? satelliteDied : satelliteStopped;
    case 'satellite-loses-power':
    case 'satellite-disk-full':
    case 'satellite-restarts':
      return satelliteDied;
    case 'satellite-clock':
      return { unknown: [], notStarted: ['clock_skew'] };
    case 'ssh-line':
      if (fault.how === 'cut' || fault.how === 'silent') return lineLost;
      // Opening a connection takes a dozen turns: more, on such a line, than the satellite waits.
      return fault.moment === 'connecting' ? { unknown: [], notStarted: ['node_unreachable'] } : nothing;
    case 'ssh-half-open':
    case 'ssh-late':
      return lineLost;
    case 'node-reboots':
      return {
        unknown: ['node_rebooted', 'connection_lost', 'node_not_reached', 'start_not_seen', 'timeout_not_confirmed'],
        notStarted: lineLost.notStarted,
        cutsOutput: true,
      };
    case 'node-loses-power':
      if (fault.moment === 'ended') return nothing;
      return {
        // What the guard had written and not synced may be gone in part: a lock without its outputs, or empty.
        unknown: ['node_rebooted', 'guard_lost', 'node_not_reached', 'timeout_not_confirmed'],
        notStarted: lineLost.notStarted,
      };
    case 'one-of-two':
      return {
        unknown: ['satellite_lost', 'satellite_restarted', 'connection_lost', 'start_not_seen'],
        // Only the one that is stopped can be late for a connection.
        notStarted: ['never_arrived', ...(fault.how === 'stop' ? satelliteStopped.notStarted : [])],
      };
    case 'none':
    case 'tunnel-at-frame':
    case 'tunnel-line':
    case 'tunnel-half-open':
    case 'former-relay':
    case 'former-assignment':
    case 'client-at-request':
    case 'client-line':
    case 'service-at-commit':
    case 'orchestrator-beyond-lease':
    case 'relay-at-frame':
    case 'postgres-restarts':
    case 'postgres-line':
    case 'postgres-half-open':
    case 'postgres-clock':
    case 'node-clock':
    case 'model-router-asked':
    case 'model-line':
    case 'redis-half-open':
    case 'redis-dies':
    case 'redis-is-flushed':
    case 'redis-line':
      return nothing;
  }
}
