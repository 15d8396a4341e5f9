// A command in pieces: those that do something worth a look, and the rest. Overlapping effects give way to the one that
// begins first. Pure.
import type { Effect } from '@sena/contracts/domain/policy';

export interface CommandPiece {
  start: number;
  text: string;
  effect: Effect | null;
}

export function cutByEffects(command: string, effects: readonly Effect[]): CommandPiece[] {
  const pieces: CommandPiece[] = [];
  const marked = effects
    .filter((effect) => effect.kind !== 'reads' && effect.end > effect.start && effect.start < command.length)
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  let at = 0;
  for (const effect of marked) {
    if (effect.start < at) continue;
    if (effect.start > at) pieces.push({ start: at, text: command.slice(at, effect.start), effect: null });
    pieces.push({ start: effect.start, text: command.slice(effect.start, effect.end), effect });
    at = effect.end;
  }
  if (at < command.length) pieces.push({ start: at, text: command.slice(at), effect: null });
  return pieces;
}
