// Outcomes in words: "9 ended with 0, 1 not started, 1 unknown". Pure.
import type { OutcomeCounts } from '@sena/contracts/domain/run';

export function describeCounts(counts: OutcomeCounts): string {
  const parts = [
    [counts.exitedZero, 'ended with 0'],
    [counts.exitedNonZero, 'ended with an error'],
    [counts.notStarted, 'not started'],
    [counts.unknown, 'unknown'],
    [counts.pending, 'under way'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, words]) => `${count.toLocaleString('en')} ${words}`);
  return said.length === 0 ? 'nothing to do' : said.join(', ');
}
