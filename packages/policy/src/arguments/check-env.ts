// Entered from check-arguments for `env NAME=value PROGRAM …`: the program is judged when the variables change nothing but how its answer looks.
import { isHarmlessVariable } from '../environment/judge-environment.ts';
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import { literalOf, type Word } from '../words/piece.ts';
import type { ArgumentContext } from './argument-context.ts';

export function checkEnv(words: readonly Word[], { bounded, input, judgeInner }: ArgumentContext): Problem[] {
  if (words.some(({ handed }) => handed !== undefined))
    return [unknown(`${showText('env')} is given words that are not known`)];
  const texts = words.map(({ pieces, loose }) => (loose ? undefined : literalOf(pieces)));
  if (texts.every((text) => text === '-0' || text === '--null')) return [];
  const first = texts.findIndex((text) => text === undefined || !text.includes('='));
  const variables = first < 0 ? texts : texts.slice(0, first);
  for (const text of variables) {
    const [name = '', ...value] = (text ?? '').split('=');
    if (!isHarmlessVariable(name, value.join('=')))
      return [unknown(`${showText(`env ${name}=…`)} may change what it runs`)];
  }
  if (first < 0) return [];
  if (first === 0) return [unknown(`${showText(`env ${texts[0] ?? '…'}`)} is not in the read-only catalogue`)];
  return judgeInner(words.slice(first), { bounded, input });
}
