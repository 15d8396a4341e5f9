// Entered by rules: every match of a pattern, as the place of its group `secret`. Pure.
import type { Place } from './rule.ts';

/** `pattern`: with the flags `d` and `g`. `isHarmless`: what only stands where a secret would. */
export function placesOf(
  line: string,
  pattern: RegExp,
  isHarmless: (value: string, match: RegExpExecArray) => boolean = () => false,
): Place[] {
  const places: Place[] = [];
  for (const match of line.matchAll(pattern)) {
    const place = match.indices?.groups?.secret;
    if (place === undefined || place[0] === place[1]) continue;
    if (!isHarmless(line.slice(place[0], place[1]), match)) places.push(place);
  }
  return places;
}
