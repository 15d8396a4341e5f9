// A fault that is ready to happen, as trials see it. Types only.
import type { Cell } from '../cells.ts';

export interface ArmedFault {
  readonly cell: Cell;
  /** The one node that it strikes; null: what its satellite does anywhere, or everybody. */
  readonly node: string | null;
  /** It has happened. One that never did proves nothing and is not counted. */
  hasFired(): boolean;
  /** What was seen meanwhile that must not be, a sentence each. */
  violations(): readonly string[];
  /** Whatever it did is over when this resolves; whatever it would have done no longer will be. */
  heal(): Promise<void>;
}

/** Without its name: what each kind of fault gives. */
export type Armed = Pick<ArmedFault, 'hasFired' | 'heal'> & Partial<Pick<ArmedFault, 'node' | 'violations'>>;
