// What every reader in this package reports: one effect, where it stands, and the sentence for people.
import type { EffectKind } from '@sena/contracts/domain/policy';

/** A piece of the command's text, in UTF-16 offsets. */
export interface Span {
  start: number;
  end: number;
}

/** Why a piece can't be called read-only. `because` completes "needs approval because …". */
export interface Problem {
  kind: Exclude<EffectKind, 'reads'>;
  because: string;
}

export interface Finding extends Span {
  kind: EffectKind;
  /** For `reads`: what it reads with. Otherwise completes "needs approval because …". */
  detail: string;
}

export function unknown(because: string): Problem {
  return { kind: 'unknown', because };
}
