// Says which names do not exist, and which were perhaps meant. Entered by find-named-places. Pure.
import { type Fleet, shortNameOf } from './index-fleet.ts';
import type { Mention } from './mention.ts';

export function describeMissing(missing: readonly Mention[], fleet: Fleet): string[] {
  const names = (kind: Mention['kind']) => [
    ...new Set(missing.filter((one) => one.kind === kind).map((one) => one.shown)),
  ];
  const sites =
    fleet.sites.length === 0
      ? ''
      : fleet.sites.length <= 8
        ? ` ${fleet.sites.length === 1 ? 'The only site is' : 'The sites are'} ${listOf(fleet.sites.toSorted())}.`
        : ' GET /v1/sites lists the sites.';
  const nodes = names('missing-node');
  const near = [...new Set(nodes.flatMap((name) => nearNames(name, fleet)))].slice(0, 3);
  return [
    nodes.length === 0
      ? ''
      : `There is no node ${listOf(nodes, 'or')}.${near.length > 0 ? ` Did you mean ${listOf(near, 'or')}?` : ''}`,
    ...[[names('missing-site'), 'site'] as const, [names('missing-place'), 'site, node or label named'] as const].map(
      ([found, what]) => (found.length === 0 ? '' : `There is no ${what} ${listOf(found, 'or')}.${sites}`),
    ),
    names('missing-label').length === 0 ? '' : `No node has the label ${listOf(names('missing-label'), 'or')}.`,
  ].filter((sentence) => sentence !== '');
}

/** The same stem and number (web-6, web06 for web-06), or one letter apart. */
function nearNames(name: string, { nodes }: Fleet): string[] {
  const bare = (text: string) =>
    text
      .toLowerCase()
      .replace(/[-_.]/g, '')
      .replace(/0+(?=\d)/g, '');
  const same = nodes.filter(
    (node) =>
      bare(node.name) === bare(name) ||
      bare(shortNameOf(node.name.toLowerCase())) === bare(shortNameOf(name.toLowerCase())),
  );
  const close =
    same.length > 0 ? same : nodes.filter((node) => isOneApart(node.name.toLowerCase(), name.toLowerCase()));
  return close.slice(0, 3).map((node) => node.name);
}

function isOneApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const skip = (text: string, other: string) => text.slice(start + (text.length >= other.length ? 1 : 0));
  const swapped = a[start] === b[start + 1] && a[start + 1] === b[start] && a.slice(start + 2) === b.slice(start + 2);
  return swapped || skip(a, b) === skip(b, a);
}

function listOf(names: readonly string[], word = 'and'): string {
  if (names.length > 6) return `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;
}
