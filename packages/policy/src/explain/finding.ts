// What every reader in this package reports: one effect, where it stands, and the sentence for people.
import type { Effect, EffectKind } from '@sena/contracts/domain/policy';

/** A piece of the command's text, in UTF-16 offsets. */
export interface Span {
  start: number;
  end: number;
}

/** Why a piece can't be called read-only. `because` completes "needs approval because …". */
export interface Problem {
  kind: Exclude<EffectKind, 'reads'>;
  because: string;
  /** Absent where no program is at work, or none that is known by name. */
  call?: Call;
}

/** Which program has the effect, as rules may ask about it. */
export interface Call {
  /** Every argument is described in the catalogue: nothing else comes of it. */
  understood: boolean;
  program?: string;
  /** All that it does is to ask, and every word of it is written out: nothing that only the node knows goes along. */
  asks?: true;
  /** With its sub-commands: `systemctl restart`. Of what is understood alone. */
  use?: string;
  /** What it is applied to, written out. Of what is understood alone. */
  operands?: string[];
}

export interface JudgedEffect extends Effect {
  call: Call;
}

export interface Finding extends Span {
  kind: EffectKind;
  /** For `reads`: what it reads with. Otherwise completes "needs approval because …". */
  detail: string;
  call: Call;
}

/** Neither leaves anything behind, and both may be repeated. Whether it may run without an approval is for rules to say. */
export function onlyReadsOrAsks({ kind, call }: { kind: EffectKind; call: Call }): boolean {
  return kind === 'reads' || (kind === 'network' && call.understood && call.asks === true);
}

export const notUnderstood: Readonly<Call> = { understood: false };

export function unknown(because: string): Problem {
  return { kind: 'unknown', because };
}
