// Entered from check-arguments for `[`, `[[` and `test`. The operators must be written out: in bash `-v` and the
// numeric operators of `[[`, and where `sh` is a ksh those of `[` too, evaluate what they are given, and that can run a command.
import { type Problem, unknown } from '../explain/finding.ts';
import { literalOf, type Word } from '../words/piece.ts';
import { isNumber } from './is-number.ts';

const unary = new Set('zndfershLwxpSbcgukOGN'.split('').map((letter) => `-${letter}`));
const textual = new Set(['=', '==', '!=', '-nt', '-ot', '-ef']);
const numeric = new Set(['-eq', '-ne', '-lt', '-le', '-gt', '-ge']);

export function checkTest(name: string, words: readonly Word[]): Problem[] {
  // An absent word makes the condition shorter, which is an error and nothing else: it counts as an empty one.
  if (words.some((word) => word.loose))
    return [unknown(`an argument of \`${name}\` is computed when it runs; quote it`)];
  const operands = [...words];
  if (name !== 'test') {
    const close = operands.pop();
    if (!close || literalOf(close.pieces) !== (name === '[[' ? ']]' : ']'))
      return [unknown(`\`${name}\` is not closed`)];
  }
  return isExpression(operands, name === '[[') ? [] : [unknown(`the condition of \`${name}\` is not a plain one`)];
}

function isExpression(words: readonly Word[], bash: boolean): boolean {
  if (words.length === 0) return !bash;
  // Longer conditions are read differently by different shells unless all of them is written out.
  if (words.length > 4 && words.some((word) => literalOf(word.pieces) === undefined && !isNumber(word.pieces)))
    return false;
  let at = 0;
  for (;;) {
    if (literalOf(words[at]?.pieces ?? []) === '!' && words.length > at + 1) at += 1;
    const used = primaryLength(words.slice(at));
    if (used === 0) return false;
    at += used;
    if (at === words.length) return true;
    const joint = literalOf(words[at]?.pieces ?? []);
    if (bash || (joint !== '-a' && joint !== '-o')) return false;
    at += 1;
  }
}

function primaryLength(words: readonly Word[]): number {
  const [first, second, third] = words;
  if (!first) return 0;
  const operator = second && literalOf(second.pieces);
  if (third && operator !== undefined && textual.has(operator)) return 3;
  if (third && operator !== undefined && numeric.has(operator)) {
    return isNumber(first.pieces) && isNumber(third.pieces) ? 3 : 0;
  }
  const leading = literalOf(first.pieces);
  if (second && leading !== undefined && unary.has(leading)) return 2;
  // A single operand: true when it is not empty. Must not be an operator in disguise when more follows.
  if (!second || leading !== undefined)
    return words.length === 1 || (leading !== undefined && !leading.startsWith('-')) ? 1 : 0;
  return 0;
}
