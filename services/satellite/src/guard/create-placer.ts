// Entered by follow-guarded-command where a start goes out once more: is the place that is in the journal still its node's, and may it still
// begin there? Asks one node; journals nothing.
import type { NotStartedReason } from '@sena/contracts/domain/outcome';
import type { SshConnection } from '../ssh/open-ssh-connection.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import { noRoom, notPlaced, restartedBefore } from './guard-answers.ts';
import type { GuardKey } from './guard-texts.ts';
import { type GuardPlace, placeGuard, placeGuardAgain } from './place-guard.ts';

export type PlaceableCommand = {
  key: GuardKey;
  /** Asked again before a start that had not left goes over another connection; null: it may still begin. */
  obstacle(): { reason: NotStartedReason; detail: string } | null;
};

/** Proven: it never began, and nobody can begin it any more. */
export type NotBegun = { kind: 'not_begun'; reason: NotStartedReason; detail: string };

/** null: it may begin there. */
export type Placer = {
  /** Over another connection. */
  check(lease: SshLease): Promise<NotBegun | null>;
  /** Its guard's directory is gone since it was placed, or takes nothing any more. Once a command. */
  placeAgain(connection: SshConnection): Promise<NotBegun | null>;
};

export function createPlacer({ key, obstacle }: PlaceableCommand): Placer {
  let isPlacedAgain = false;
  return {
    async check(lease) {
      const forbidden = obstacle();
      if (forbidden !== null) return notBegun(forbidden.reason, forbidden.detail);
      const place = await placeGuard(lease.connection, key.user);
      if (isPlaceOf(key, place)) return null;
      if (place.kind === 'lost') lease.abandon();
      return whyNotPlaced(key, place);
    },
    async placeAgain(connection) {
      const place = await placeGuardAgain(connection, key.user);
      if (isPlacedAgain || !isPlaceOf(key, place)) return whyNotPlaced(key, place);
      const forbidden = obstacle();
      if (forbidden !== null) return notBegun(forbidden.reason, forbidden.detail);
      isPlacedAgain = true;
      return null;
    },
  };
}

function isPlaceOf(key: GuardKey, place: GuardPlace): boolean {
  return place.kind === 'placed' && place.bootId === key.bootId && place.directory === key.directory;
}

/** Nothing has begun, and in the place that is in the journal nothing can. */
function whyNotPlaced(key: GuardKey, place: GuardPlace): NotBegun {
  switch (place.kind) {
    case 'placed':
      if (place.bootId !== key.bootId) return notBegun('node_unreachable', restartedBefore);
      return notBegun('node_disk_full', noRoom(key.directory));
    case 'disk_full':
      return notBegun('node_disk_full', place.detail);
    case 'refused':
      return notBegun('channel_refused', place.detail);
    case 'unplaceable':
      return notBegun('node_unreachable', notPlaced(`${place.why}. Ask again.`));
    case 'lost':
      return notBegun('node_unreachable', place.detail);
  }
}

function notBegun(reason: NotStartedReason, detail: string): NotBegun {
  return { kind: 'not_begun', reason, detail };
}
