// What a question names: nodes, sites, labels, and what is none of them. Entered by scope with the organization's fleet. Pure.
// A name that does not exist is told, never passed over and never guessed: web-1 is not web-10, and not web-01.
import type { ScopedNode } from '../../planners/planner.ts';
import { describeMissing } from './describe-missing.ts';
import { type Fleet, indexFleet } from './index-fleet.ts';
import type { Mention } from './mention.ts';
import { readKnownNames } from './read-known-names.ts';
import { readMissingNames } from './read-missing-names.ts';

export interface NamedPlaces {
  /** null: the question names no place, so it is about every node. */
  readonly nodes: ScopedNode[] | null;
  /** What it names in words, for people: "web-06", "the site fra1", "role db". */
  readonly named: string[];
  /** What of the text is a name, as it is written there; missing ones too. */
  readonly texts: string[];
  /** Sentences about names that nothing has, and about sites without nodes beside others. */
  readonly missing: string[];
  /** Every missing name is a plain word in the place of a name ("in amsterdam"): the question may be about something else. */
  readonly isVague: boolean;
}

export function findNamedPlaces(question: string, fleet: Fleet): NamedPlaces {
  const text = straighten(question);
  const index = indexFleet(fleet);
  const known = readKnownNames(text, fleet, index);
  const missing = readMissingNames(text, index, known);
  const mentions = markExcluded(text, [...known, ...missing]);
  const there = mentions.filter(({ kind }) => !kind.startsWith('missing'));
  const notThere = mentions.filter(({ kind, isExcluded }) => kind.startsWith('missing') && !isExcluded);
  return {
    nodes: there.length === 0 ? null : pick(text, there, fleet),
    named: [...new Set(there.map(describe))],
    texts: [...new Set(mentions.map(({ shown }) => shown))],
    missing: [...describeMissing(notThere, fleet), ...emptySites(there)],
    isVague: notThere.length > 0 && notThere.every(({ kind }) => kind === 'missing-place'),
  };
}

/** Same length as before, so that places in the text stay what they are. */
function straighten(question: string): string {
  return question
    .replace(/[\u2010-\u2013\u2212]/g, '-')
    .replace(/[\u2014\u2015]/g, ' ')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb`]/g, '"')
    .replace(/(^|[\s"'(])(\/[\w./-]+)/g, (whole, before: string) => before + ' '.repeat(whole.length - before.length));
}

const exclusion =
  /\b(?:except|excluding|besides|but not|all but|every(?:thing|one)?(?: \w+)? but|nodes but|hosts but|servers but|other than|apart from|aside from|not (?:in|on|at)|outside(?: of)?|minus|ignoring|without)\s+(?:for\s+|the\s+|in\s+|on\s+|those\s+|all\s+|any\s+|of\s+|sites?\s+|nodes?\s+|hosts?\s+|servers?\s+)*["']?$/i;

/** "all except web-06 and web-07": the second is left out like the first. */
function markExcluded(text: string, mentions: readonly Mention[]): Mention[] {
  const marked: Mention[] = [];
  for (const one of mentions.toSorted((a, b) => a.start - b.start)) {
    const last = marked.at(-1);
    const isListed =
      last !== undefined &&
      /^["']?\s*(?:,\s*(?:and|or|nor)?|and|or|nor|&)\s*["']?$/i.test(text.slice(last.end, one.start));
    marked.push({ ...one, isExcluded: exclusion.test(text.slice(0, one.start)) || (isListed && last.isExcluded) });
  }
  return marked;
}

/** Names and labels add up, unless a label narrows a name ("web-06 in production"); sites narrow; what is excluded goes. */
function pick(text: string, mentions: readonly Mention[], fleet: Fleet): ScopedNode[] {
  const wanted = mentions.filter((one) => !one.isExcluded);
  const names = wanted.filter(({ kind }) => kind === 'node');
  const labels = wanted.filter(({ kind }) => kind === 'label');
  const sites = wanted.filter(({ kind }) => kind === 'site');
  const labelled =
    labels.length === 0
      ? null
      : intersect([...Map.groupBy(labels, ({ text }) => text.split(' ')[0])].map(([, same]) => idsOf(same)));
  const isAdded = labels.some((label) =>
    /(?:\band|\bor|,|\+|&)\s+(?:the\s+|all\s+)*["']?$/i.test(text.slice(0, label.start)),
  );
  const named = names.length === 0 ? null : idsOf(names);
  const chosen =
    named === null || labelled === null
      ? (named ?? labelled)
      : isAdded
        ? new Set([...named, ...labelled])
        : inBoth(named, labelled);
  const inSites = sites.length === 0 ? null : idsOf(sites);
  const excluded = idsOf(mentions.filter((one) => one.isExcluded));
  return fleet.nodes.filter(({ id }) => (chosen?.has(id) ?? true) && (inSites?.has(id) ?? true) && !excluded.has(id));
}

/** Named beside what has nodes, so that the answer is not taken for theirs; alone, there is no answer. */
function emptySites(mentions: readonly Mention[]): string[] {
  if (mentions.every(({ nodes }) => nodes.length === 0)) return [];
  const empty = mentions.filter(({ kind, nodes, isExcluded }) => kind === 'site' && nodes.length === 0 && !isExcluded);
  return [...new Set(empty.map(({ shown }) => `The site ${shown} has no nodes.`))];
}

function idsOf(mentions: readonly Mention[]): Set<string> {
  return new Set(mentions.flatMap(({ nodes }) => nodes.map(({ id }) => id)));
}

function intersect(sets: ReadonlyArray<Set<string>>): Set<string> {
  return sets.reduce(inBoth);
}

function inBoth(a: Set<string>, b: Set<string>): Set<string> {
  return new Set([...a].filter((id) => b.has(id)));
}

function describe({ kind, shown, text, isExcluded, nodes }: Mention): string {
  const [first] = nodes;
  const what =
    kind === 'label'
      ? text
      : kind === 'site'
        ? `the site ${first?.site ?? shown}`
        : shown.includes('*') || first === undefined
          ? shown
          : first.name;
  return isExcluded ? `not ${what}` : what;
}
