// Entered from check-arguments for `… | xargs PROGRAM …`. What comes from the input is any words, options among them.
import { type Problem, unknown } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';
import { isLiteral, literalOf, type Word } from '../words/piece.ts';
import { manyWords, ofAnother } from './check-exec.ts';

type Judge = (words: readonly Word[], bounded: boolean) => Problem[];

const switches = /^-[0rt]+$/;
const valued = /^-[0rt]*([nLPI])(.*)$/s;
const values: Record<string, RegExp> = {
  n: /^[1-9]\d{0,5}$/,
  L: /^[1-9]\d{0,5}$/,
  // So many at the same time.
  P: /^(?:[1-9]|[12]\d|3[0-2])$/,
  I: /^(?:\{\}|[%@_]|[A-Za-z]{1,16})$/,
};

export function checkXargs(words: readonly Word[], judgeInner: Judge): Problem[] {
  if (!words.every(isLiteral)) return [notJudged('what it runs')];
  const texts = words.map(({ pieces }) => literalOf(pieces) ?? '');
  const used = new Map<string, string>();
  let index = 0;
  for (; texts[index]?.startsWith('-'); index += 1) {
    const text = texts[index] ?? '';
    if (switches.test(text)) continue;
    const [, name = '', attached = ''] = valued.exec(text) ?? [];
    if (attached === '') index += 1;
    const value = attached === '' ? (texts[index] ?? '') : attached;
    // Given twice, versions differ in which one counts.
    if (used.has(name) || values[name]?.test(value) !== true) return [notJudged(`the option ${showText(text)}`)];
    used.set(name, value);
  }
  const inner = words.slice(index);
  // It runs `echo`.
  if (inner.length === 0) return [];
  const place = used.get('I');
  if (place === undefined) {
    const given = [1, manyWords].map((count) => [...inner, ...Array.from({ length: count }, () => handed)]);
    return ofAnother(
      'xargs',
      given.flatMap((run) => judgeInner(run, false)),
    );
  }
  const run = texts.slice(index);
  // Beside `-n` or `-L` some versions forget the place; and it is filled in inside of words too.
  const isPlaced = !used.has('n') && !used.has('L') && run.includes(place) && run[0] !== place;
  if (!isPlaced || run.some((text) => text !== place && text.includes(place)))
    return [notJudged('where the input goes')];
  const given = inner.map((word, at) => (run[at] === place ? handed : word));
  return ofAnother('xargs', judgeInner(given, false));
}

const handed: Word = { pieces: [{ kind: 'hole', of: 'any' }], loose: false, handed: 'input', start: 0, end: 0 };

function notJudged(what: string): Problem {
  return unknown(`${showText('xargs')} runs another program, and ${what} is not known`);
}
