// Rule: Kubernetes secrets that stand in one line: JSON without line ends, and what `kubectl apply` keeps as an annotation. Those over several
// lines are known by find-secret-documents.
import type { Place, Rule } from './rule.ts';
import { withoutEnd } from './without-end.ts';

/** In JSON that stands in JSON each quote has its backslashes before it, or a blank that has taken their place. */
const section = /(\\{0,7}) ?"(?:data|stringData)\\{0,7} ?"[ \t]{0,4}:[ \t]{0,4}\{/g;
const kinds = /"kind\\{0,7} ?"[ \t]{0,4}:[ \t]{0,4}\\{0,7} ?"(\w{1,63})/g;
const kindBehind =
  /^[ \t]{0,4},[ \t]{0,4}(?:\\{0,7} ?"immutable\\{0,7} ?"[ \t]{0,4}:[ \t]{0,4}(?:true|false)[ \t]{0,4},[ \t]{0,4})?\\{0,7} ?"kind\\{0,7} ?"[ \t]{0,4}:[ \t]{0,4}\\{0,7} ?"(\w{1,63})/;
const behindMax = 200;

export const kubernetesSecret: Rule = {
  name: 'kubernetes-secret',
  hints: ['"Secret', '"apiVersion'],
  find(line) {
    const places: Place[] = [];
    let hasSecret: boolean | undefined;
    section.lastIndex = 0;
    for (let match = section.exec(line); match !== null; match = section.exec(line)) {
      const { values, end, isWhole } = readValues(line, section.lastIndex, match[1] ?? '');
      section.lastIndex = Math.max(end, section.lastIndex);
      // kubectl says what it is behind the values. Who says it elsewhere has said it of all of them: in doubt it is a secret.
      const behind = isWhole ? kindBehind.exec(line.slice(end, end + behindMax))?.[1] : undefined;
      hasSecret ??= [...line.matchAll(kinds)].some(([, kind = '']) => /^Secret(?:List)?$/.test(kind));
      if (behind === undefined ? !isWhole || hasSecret : behind === 'Secret') places.push(...values);
    }
    return places;
  },
};

/** `quoteEscape`: the backslashes before each quote. Not whole: the line ends before the values do. */
function readValues(
  line: string,
  from: number,
  quoteEscape: string,
): { values: Place[]; end: number; isWhole: boolean } {
  const values: Place[] = [];
  let at = from;
  let isValue = false;
  while (at < line.length) {
    const character = line[at];
    if (character === '}') return { values, end: at + 1, isWhole: true };
    if (character === ':') isValue = true;
    if (character === ',') isValue = false;
    if (character !== '"') {
      at += 1;
      continue;
    }
    const start = at + 1;
    const end = endOfText(line, start, quoteEscape.length);
    const place: Place = [start, start + withoutEnd(line.slice(start, end), '\\ ').length];
    if (isValue && place[0] < place[1] && !/^[* ]*$/.test(line.slice(...place))) values.push(place);
    at = end + 1;
  }
  return { values, end: at, isWhole: false };
}

/** The quote that ends it has as many backslashes before it as the one that began it. */
function endOfText(line: string, from: number, escapes: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (at - backslashes > from && line[at - backslashes - 1] === '\\') backslashes += 1;
    if (backslashes <= escapes && (escapes > 0 || backslashes === 0)) return at;
    if (escapes === 0 && backslashes % 2 === 0) return at;
  }
  return line.length;
}
