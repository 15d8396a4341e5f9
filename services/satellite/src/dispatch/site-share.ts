// How many commands this satellite may run of what its site allows at once. Entered by the runtime. The cloud can only lower what this
// satellite's own limits allow; memory only, since every connection begins with being told.
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import type { FrameBatcher } from '@sena/tunnel/frame-batcher';

/** The first protocol in which every connection begins with it. */
const protocolMin = 4;

export type SiteShare = {
  take(frame: Extract<RelayFrame, { t: 'site-share' }>): void;
  linkUp(protocol: number, link: FrameBatcher<SatelliteFrame>): void;
  /** What others may run meanwhile is not known here: where there is a limit, nothing more begins. */
  linkDown(): void;
  /** Something has ended. */
  look(): void;
  /** Completes "it expired while …"; null: there is room. */
  whyShut(): string | null;
  /** For people. Null: there is no limit. `not_told`: its relay has yet to say whether there is one. */
  shown(): number | null | 'not_told';
};

type State =
  | { kind: 'unlimited' }
  /** `isKept`: the relay was told that no more run. */
  | { kind: 'told'; sequence: number; runningMax: number; isKept: boolean }
  /** It was told over a connection that has ended, or this one has not told it yet. */
  | { kind: 'waiting' };

/** `running`: commands that begin or run. `changed`: more may begin. */
export function createSiteShare(running: () => number, changed: () => void): SiteShare {
  let state: State = { kind: 'unlimited' };
  let link: FrameBatcher<SatelliteFrame> | null = null;

  function look(): void {
    if (state.kind !== 'told' || state.isKept || running() > state.runningMax) return;
    state = { ...state, isKept: true };
    link?.push({ t: 'site-share-kept', sequence: state.sequence });
  }

  function max(): number | null {
    switch (state.kind) {
      case 'unlimited':
        return null;
      case 'told':
        return state.runningMax;
      case 'waiting':
        return 0;
    }
  }

  return {
    take({ sequence, runningMax }) {
      state = runningMax === null ? { kind: 'unlimited' } : { kind: 'told', sequence, runningMax, isKept: false };
      look();
      changed();
    },
    linkUp(protocol, next) {
      link = next;
      // Whatever it was: the limit may be another one since. Nothing begins before this connection has told it.
      state = protocol < protocolMin ? { kind: 'unlimited' } : { kind: 'waiting' };
    },
    linkDown() {
      link = null;
      if (state.kind === 'told') state = { kind: 'waiting' };
    },
    look,
    whyShut() {
      const most = max();
      if (most === null || running() < most) return null;
      if (state.kind === 'waiting')
        return 'the satellite had not heard from its relay how many commands its site allows';
      return `the limit of its site let at most ${most} of its commands run through this satellite`;
    },
    shown: () => (state.kind === 'waiting' ? 'not_told' : max()),
  };
}
