// Entered from check-value with the format of `printf`. `%n` and `%(…)T` of some shells assign or call; they stay out.
import { type Problem, unknown } from '../explain/finding.ts';

const conversions = /^(?:[^%]|%%|%[-+ #0]*(?:\d{1,4}|\*)?(?:\.(?:\d{1,4}|\*)?)?[sdiouxXeEfFgGcbq])*$/s;

export function readPrintf(format: string): Problem | undefined {
  if (!format.startsWith('-') && conversions.test(format)) return undefined;
  return unknown('the format of `printf` is not a plain one');
}
