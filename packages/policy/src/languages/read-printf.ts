// Entered from check-value with the format of `printf`. `%n` and `%(…)T` of some shells assign or call; they stay out.
import { type Problem, unknown } from '../explain/finding.ts';

const conversions = /^(?:[^%]|%%|%[-+ #0]*(?:\d{1,4}|\*)?(?:\.(?:\d{1,4}|\*)?)?[sdiouxXeEfFgGcbq])*$/s;

export function readPrintf(format: string): Problem | undefined {
  if (!format.startsWith('-') && conversions.test(format)) return undefined;
  return unknown('the format of `printf` is not a plain one');
}

/** For each value that a plain format takes, in order, whether it is a number; values beyond them begin anew. */
export function numericPlaces(format: string): boolean[] {
  return [...format.matchAll(/%[-+ #0]*(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z%])/g)].flatMap(
    ([, width, precision, conversion]) => {
      if (conversion === '%') return [];
      const stars = [width, precision].filter((part) => part === '*').map(() => true);
      return [...stars, !/[bcqs]/.test(conversion ?? '')];
    },
  );
}
