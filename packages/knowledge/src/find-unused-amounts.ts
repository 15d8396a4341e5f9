// Entered with a question that runbooks are to answer; leaves with the amounts in it ("5%", "10 GB", "more than 4") that no runbook reads:
// each looks by limits of its own, and whoever asked for others has to be told. Pure.

const number = String.raw`\d+(?:[.,]\d+)?`;
const sizes = '[kmgtp]i?b|bytes?|gigabytes?|megabytes?|terabytes?';
const times = 'seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[smhdw]';
/** A number with a unit, wherever it stands. */
const measured = new RegExp(String.raw`(?<![\w.:/-])${number}(?:\s*(?:%|(?:percent|${sizes}|${times})\b))`, 'gi');
/** One without, where something is compared with it. Long ones are ports, and those are read. */
const compared =
  /(?:\b(?:than|over|above|below|under|exceed(?:s|ing)?|at least|at most|top)|[<>]=?)\s*(\d{1,3}(?:[.,]\d+)?)(?![\w.%-])/gi;

/** As they are written, in the order of the question. `names`: what of it is a name of nodes, sites or labels. */
export function findUnusedAmounts(question: string, names: readonly string[]): string[] {
  const text = names.reduce((rest, name) => rest.replaceAll(name, ' '.repeat(name.length)), question);
  const found = [
    ...[...text.matchAll(measured)].map((match) => ({ at: match.index, amount: match[0] })),
    ...[...text.matchAll(compared)].map((match) => ({
      at: match.index + match[0].lastIndexOf(match[1] ?? ''),
      amount: match[1] ?? '',
    })),
  ].sort((a, b) => a.at - b.at || b.amount.length - a.amount.length);
  const kept = found.filter(({ at }, index) => found.findIndex((other) => other.at === at) === index);
  return [...new Set(kept.map(({ amount }) => amount.trim().replace(/\s+/g, ' ')))];
}
