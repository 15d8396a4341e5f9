// Where the question names nodes, sites and labels that exist. Entered by find-named-places. Pure.
import type { ScopedNode } from '../../planners/planner.ts';
import { isEveryday, nodeNouns, siteNouns } from './everyday-words.ts';
import type { Fleet, FleetIndex } from './index-fleet.ts';
import { escapeForPattern, type Mention, mention, type Token, tokensOf, wholeName } from './mention.ts';

/** In the order of the text; where names overlap the longest counts. */
export function readKnownNames(text: string, fleet: Fleet, index: FleetIndex): Mention[] {
  return withoutOverlaps([
    ...mentionsOfPatterns(text, fleet),
    ...mentionsOfSites(text, fleet),
    ...mentionsOfNodes(text, index),
    ...mentionsOfLabels(text, index),
  ]);
}

/** web-*, *-01 */
function mentionsOfPatterns(text: string, { nodes }: Fleet): Mention[] {
  return [...text.matchAll(/(?<![\w*.-])[\w.-]*[a-z0-9][\w.-]*\*[\w.*-]*|(?<![\w*.-])\*[\w.-]*[a-z0-9][\w.*-]*/gi)].map(
    (match) => {
      const shown = match[0].replace(/[.-]+$/, '');
      const pattern = new RegExp(`^${shown.split('*').map(escapeForPattern).join('.*')}$`, 'i');
      const token = { text: shown.toLowerCase(), shown, start: match.index, end: match.index + shown.length };
      const found = nodes.filter((node) => pattern.test(node.name));
      return mention(token, found.length > 0 ? 'node' : 'missing-node', found);
    },
  );
}

/** A site is found by its whole name, spaces included; one that is named like an everyday word needs a word of place beside it. */
function mentionsOfSites(text: string, { nodes, sites }: Fleet): Mention[] {
  const bySite = Map.groupBy(nodes, (node) => node.site);
  return sites.flatMap((site) =>
    [...text.matchAll(wholeName(site))].flatMap((match) => {
      const token = {
        text: match[0].toLowerCase(),
        shown: match[0],
        start: match.index,
        end: match.index + match[0].length,
      };
      if (isEveryday(token.text) && !hasCue(text, token, 'in|at|from|site|sites|within', siteNouns)) return [];
      return [mention(token, 'site', bySite.get(site) ?? [])];
    }),
  );
}

function mentionsOfNodes(text: string, index: FleetIndex): Mention[] {
  const tokens = tokensOf(text);
  const plain = tokens.flatMap((token): Mention[] => {
    const nodes = index.byName.get(token.text) ?? index.byShortName.get(token.text) ?? index.byAddress.get(token.text);
    if (nodes === undefined) return [];
    if (isEveryday(token.text) && !hasCue(text, token, 'on|node|host|server|box|machine|vm|named|called', ''))
      return [];
    return [mention(token, 'node', nodes)];
  });
  const tokenTexts = new Set(tokens.map((token) => token.text));
  // Names with spaces or signs that end a word.
  const odd = [...index.byName].filter(
    ([name]) => !tokenTexts.has(name) && !/^[\p{L}\p{N}](?:[\w.-]*[\p{L}\p{N}])?$/u.test(name),
  );
  return [
    ...plain,
    ...odd.flatMap(([name, nodes]) =>
      [...text.matchAll(wholeName(name))].map((match) =>
        mention({ text: name, shown: match[0], start: match.index, end: match.index + match[0].length }, 'node', nodes),
      ),
    ),
  ];
}

/** role=db, rack fra1-a, db hosts, in production, fra1-a */
function mentionsOfLabels(text: string, index: FleetIndex): Mention[] {
  const tokens = tokensOf(text);
  const found: Mention[] = [];
  // From the end, because "production web hosts" rests on what follows.
  let next: Mention | null = null;
  for (let place = tokens.length - 1; place >= 0; place -= 1) {
    const token = tokens[place] as Token;
    const before = tokens[place - 1];
    const after = tokens[place + 1];
    const isBesideNext: boolean = next !== null && next.start === after?.start;
    next = null;
    for (const [key, values] of index.byLabel) {
      const nodes = values.get(token.text) ?? pluralOf(token.text, values);
      const isKeyed = before?.text === key && /^["'\s:=]+$/.test(text.slice(before.end, token.start));
      if (nodes === undefined) continue;
      const isGroup =
        isKeyed ||
        isBesideNext ||
        (after !== undefined &&
          new RegExp(`^(?:${nodeNouns})$`).test(after.text) &&
          /^\s+$/.test(text.slice(token.end, after.start))) ||
        (!isEveryday(token.text) && /\d/.test(token.text) && token.text.includes('-')) ||
        (/\b(?:in|on|at|within)\s+(?:the\s+|all\s+|our\s+|any\s+)*$/i.test(text.slice(0, token.start)) &&
          (!isEveryday(token.text) ||
            pluralOf(token.text, values) !== undefined ||
            /^["']?\s*(?:[?.!,;]|$)/.test(text.slice(token.end))));
      if (!isGroup) continue;
      next = mention({ ...token, text: `${key} ${singularIn(token.text, values)}` }, 'label', nodes);
      found.push(next);
      break;
    }
  }
  return found;
}

function pluralOf(word: string, values: Map<string, ScopedNode[]>): ScopedNode[] | undefined {
  return word.endsWith('s') ? values.get(word.slice(0, -1)) : undefined;
}

function singularIn(word: string, values: Map<string, ScopedNode[]>): string {
  return values.has(word) ? word : word.slice(0, -1);
}

function hasCue(text: string, token: Token, before: string, after: string): boolean {
  const isQuoted = /["']$/.test(text.slice(0, token.start)) && /^["']/.test(text.slice(token.end));
  return (
    isQuoted ||
    new RegExp(`\\b(?:${before})\\s+(?:the\\s+|site\\s+|node\\s+)?["']?$`, 'i').test(text.slice(0, token.start)) ||
    (after !== '' && new RegExp(`^["']?\\s+(?:${after})\\b`, 'i').test(text.slice(token.end)))
  );
}

function withoutOverlaps(mentions: readonly Mention[]): Mention[] {
  const kept: Mention[] = [];
  // The longest name wins; of equals the first kind: patterns, sites, nodes, labels. A node beats a label of the same text.
  for (const one of mentions.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    if (!kept.some((other) => one.start < other.end && other.start < one.end)) kept.push(one);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
