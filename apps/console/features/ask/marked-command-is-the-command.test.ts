// However its effects lie, the marked command reads exactly like the command.
import type { Effect } from '@sena/contracts/domain/policy';
import { expect, test } from 'vitest';
import { cutByEffects } from './cut-by-effects.ts';

function effect(kind: Effect['kind'], start: number, end: number): Effect {
  return { kind, detail: '', start, end };
}

const command = 'systemctl restart nginx && rm -rf /x';

test.each<[string, Effect[]]>([
  ['none', []],
  ['one', [effect('controls_service', 0, 23)]],
  ['two, out of order', [effect('deletes', 27, 36), effect('controls_service', 0, 23)]],
  ['nested and overlapping', [effect('unknown', 0, 36), effect('deletes', 27, 36), effect('writes', 20, 30)]],
  ['outside and empty', [effect('writes', 30, 400), effect('deletes', 5, 5), effect('network', 99, 120)]],
])('%s', (_, effects) => {
  expect(
    cutByEffects(command, effects)
      .map((piece) => piece.text)
      .join(''),
  ).toBe(command);
});

test('what only reads is not marked', () => {
  expect(cutByEffects(command, [effect('reads', 0, 9)])).toEqual([{ start: 0, text: command, effect: null }]);
});
