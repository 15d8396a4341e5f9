// What a question names: nodes, sites, labels, and what is none of them. Entered by scope with the organization's fleet. Pure.
// A name that does not exist is told, never passed over and never guessed: web-1 is not web-10, and not web-01.
import { knownWords } from '@sena/knowledge/known-words';
import type { ScopedNode } from '../planners/planner.ts';

export interface Fleet {
  readonly nodes: ReadonlyArray<ScopedNode & { readonly address: string }>;
  /** Names of all sites, those without nodes too. */
  readonly sites: readonly string[];
}

export interface NamedPlaces {
  /** null: the question names no place, so it is about every node. */
  readonly nodes: ScopedNode[] | null;
  /** What it names in words, for people: "web-06", "the site fra1", "role db". */
  readonly named: string[];
  /** What of the text is a name, as it is written there; missing ones too. */
  readonly texts: string[];
  /** Sentences about names that nothing has. */
  readonly missing: string[];
  /** Every missing name is a plain word in the place of a name ("in amsterdam"): the question may be about something else. */
  readonly isVague: boolean;
}

interface Token {
  readonly text: string;
  readonly shown: string;
  readonly start: number;
  readonly end: number;
}

type Mention = Token & {
  readonly kind: 'node' | 'site' | 'label' | 'missing-node' | 'missing-site' | 'missing-label' | 'missing-place';
  readonly nodes: readonly ScopedNode[];
  readonly isExcluded: boolean;
};

const nodeNouns =
  'node|nodes|host|hosts|server|servers|box|boxes|machine|machines|vm|vms|instance|instances|fleet|tier|cluster';
const siteNouns = 'site|sites|datacenter|datacentre|data center|data centre|dc|region|location|colo';

/** Stems of technical terms that look like names of nodes: sha-256, debian-12, cve-2024. */
const technical = new Set(
  'sha md utf iso x86 ipv http https tls ssl x arm aarch amd python py php perl ruby go golang node nodejs java jdk jre openjdk log4j postgresql postgres mysql mariadb redis mongodb debian ubuntu centos rhel el rocky alma fedora opensuse sles linux kernel gcc glibc libc libssl openssl openssh ssh nginx apache httpd docker containerd cve dsa usn rfc port error errno code exit signal sig tier level layer top step page part phase option raid lvm md0 sda sdb nvme eth ens eno enp lo tun tap tty pts ttys cpu core socket numa vlan p sev severity prio priority q h v version covid area'.split(
    ' ',
  ),
);
/** After "in" and "at" they are no place. */
const ordinary = new Set(
  `the a an this that these those there here it its itself us them him her me you we they our my your their his all any each every both some none no not one two three four five six seven eight nine ten general total particular fact case use trouble danger progress order time times minute minutes hour hours day days week weeks month months second seconds year years today yesterday tomorrow tonight morning afternoon evening night noon midnight weekend last next past recent future near sync line place mind depth detail details short brief front back between common charge need hurry bulk parallel sequence addition advance english german french italian spanish plain text json csv table form format half which what whom whose who when where why how least most once moment present first second rest fault sight work home large scale full speed peace question production-like memory swap theory practice principle question stock touch doubt turn vain return response terms regards regard relation comparison contrast summary short logs log syslog journal dmesg cron crontab root tmp var etc opt dns config configuration prod-like container containers docker kubernetes pod pods namespace namespaces cloud internet network everything anything something nothing everyone anyone someone everywhere anywhere whole entire now then just only still again also of on to for from by with and or but if so as is are was were be been has have had do does did can could will would shall should may might must go going get gets got being new old older newer bad good worse worst best better ok okay fine well wrong up down off out over under about ready main primary secondary central default alive dead zombie uninterruptible maintenance read write rw ro d r s z`.split(
    /\s+/,
  ),
);
const notAPlaceBefore = new Set(
  'state states mode status shape condition way order use process processes memory version versions log logs format'.split(
    ' ',
  ),
);
const twoWordPlaces = new Set('new san los las sao saint st el la north south east west hong cape'.split(' '));

export function findNamedPlaces(question: string, fleet: Fleet): NamedPlaces {
  const text = straighten(question);
  const index = indexFleet(fleet);
  const known = withoutOverlaps([
    ...mentionsOfPatterns(text, fleet),
    ...mentionsOfSites(text, fleet),
    ...mentionsOfNodes(text, index),
    ...mentionsOfLabels(text, index),
  ]);
  const missing = mentionsOfNothing(text, index, known);
  const mentions = markExcluded(text, [...known, ...missing]);
  const there = mentions.filter(({ kind }) => !kind.startsWith('missing'));
  const notThere = mentions.filter(({ kind, isExcluded }) => kind.startsWith('missing') && !isExcluded);
  return {
    nodes: there.length === 0 ? null : pick(text, there, fleet),
    named: [...new Set(there.map(describe))],
    texts: [...new Set(mentions.map(({ shown }) => shown))],
    missing: sentencesOn(notThere, fleet),
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

interface FleetIndex {
  readonly byName: Map<string, ScopedNode[]>;
  readonly byShortName: Map<string, ScopedNode[]>;
  readonly byAddress: Map<string, ScopedNode[]>;
  readonly byLabel: Map<string, Map<string, ScopedNode[]>>;
  readonly nodeStems: Set<string>;
  readonly siteStems: Set<string>;
}

function indexFleet({ nodes, sites }: Fleet): FleetIndex {
  const byLabel: FleetIndex['byLabel'] = new Map();
  for (const node of nodes) {
    for (const [key, value] of Object.entries(node.labels)) {
      const values = byLabel.get(key.toLowerCase()) ?? new Map<string, ScopedNode[]>();
      const labelled = values.get(value.toLowerCase());
      if (labelled) labelled.push(node);
      else values.set(value.toLowerCase(), [node]);
      byLabel.set(key.toLowerCase(), values);
    }
  }
  return {
    byName: Map.groupBy(nodes, (node) => node.name.toLowerCase()),
    byShortName: Map.groupBy(
      nodes.filter((node) => node.name.includes('.')),
      (node) => shortNameOf(node.name.toLowerCase()),
    ),
    byAddress: Map.groupBy(nodes, (node) => node.address),
    byLabel,
    nodeStems: new Set(nodes.flatMap((node) => stemOf(shortNameOf(node.name.toLowerCase())) ?? [])),
    siteStems: new Set(sites.flatMap((site) => stemOf(site.toLowerCase()) ?? [])),
  };
}

function shortNameOf(name: string): string {
  return /^[^.]+(?=\.[a-z])/.exec(name)?.[0] ?? name;
}

/** What stands before the number: "web" of web-06 and of web6. null: it does not end with one. */
function stemOf(name: string): string | null {
  return /^(.*[a-z].*?)[-_]?\d+$/.exec(name)?.[1] ?? null;
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(/[\p{L}\p{N}](?:[\p{L}\p{N}._%+-]*[\p{L}\p{N}%])?/gu)].map((match) => ({
    text: match[0].toLowerCase(),
    shown: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

function mention(token: Token, kind: Mention['kind'], nodes: readonly ScopedNode[] = []): Mention {
  return { ...token, kind, nodes, isExcluded: false };
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

/** What stands where a name does, or looks like one, and nothing has it. */
function mentionsOfNothing(text: string, index: FleetIndex, known: readonly Mention[]): Mention[] {
  const isTaken = ({ start, end }: Token) => known.some((other) => start < other.end && other.start < end);
  const tokens = tokensOf(text);
  return tokens.flatMap((token, place): Mention[] => {
    if (isTaken(token)) return [];
    const before = tokens[place - 1];
    const kind = lookOf(token, index) ?? keyedLook(text, token, before, index);
    if (kind !== null) return [mention(token, kind)];
    if (index.byLabel.has(token.text) || !standsForPlace(text, token, tokens[place + 1])) return [];
    const after = tokens[place + 1];
    const isTwo =
      twoWordPlaces.has(token.text) && after !== undefined && /^[a-z]+$/.test(after.text) && !isEveryday(after.text);
    const whole = isTwo ? { ...token, shown: text.slice(token.start, after.end), end: after.end } : token;
    return [mention(whole, 'missing-place')];
  });
}

function lookOf({ text }: Token, index: FleetIndex): 'missing-node' | 'missing-site' | null {
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(text)) return 'missing-node';
  const short = shortNameOf(text);
  if (short !== text && index.byName.has(short)) return 'missing-node';
  const stem = stemOf(short);
  if (stem === null) return null;
  if (index.siteStems.has(stem) && /^[a-z-]+$/.test(stem) && !index.nodeStems.has(stem)) return 'missing-site';
  if (index.nodeStems.has(stem)) return 'missing-node';
  if (technical.has(stem) || technical.has(stem.replace(/[-_].*$/, ''))) return null;
  const isNodeShaped = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*[-_]\d{1,5}$/.test(short) || /^[a-z]{2,}0\d{1,4}$/.test(short);
  return isNodeShaped ? 'missing-node' : null;
}

/** node foo7, site "berlin", rack z-9, role=webx */
function keyedLook(text: string, token: Token, before: Token | undefined, index: FleetIndex): Mention['kind'] | null {
  if (before === undefined) return null;
  const between = text.slice(before.end, token.start);
  if (!/^["'\s:=]+$/.test(between)) return null;
  const isExplicit = /["'=:]/.test(between) && /["'=]|\S:/.test(`${text.slice(before.start, token.start)}`);
  const isNameLike = isExplicit || /\d|-/.test(token.text);
  if (/^(?:node|host|server|machine|box|vm|name)$/.test(before.text)) {
    return isNameLike && !technical.has(stemOf(token.text) ?? token.text) && !/^\d/.test(token.text)
      ? 'missing-node'
      : null;
  }
  if (/^(?:site|datacenter|datacentre|dc|region)$/.test(before.text)) {
    return isNameLike || !isEveryday(token.text) ? 'missing-site' : null;
  }
  return index.byLabel.has(before.text) && isNameLike && !/^\d+%?$/.test(token.text) ? 'missing-label' : null;
}

const wholeNodeCues = [
  /\b(?:wrong|matter|up|problems?|issues?|trouble|happening|happened|going on)\s+(?:with|on|at)\s+(?:the\s+)?["']?$/i,
  /^\s*(?:please\s+)?(?:check|diagnose|triage|inspect|examine)\s+(?:on\s+|the\s+)?["']?$/i,
];

/** A plain word where a place stands: "in amsterdam", "is bastion healthy", "wrong with bastion". */
function standsForPlace(text: string, token: Token, after: Token | undefined): boolean {
  if (isEveryday(token.text) && !(twoWordPlaces.has(token.text) && after !== undefined && !isEveryday(after.text))) {
    return false;
  }
  if (!/^[\p{L}][\p{L}\p{N}_-]*$/u.test(token.text) || token.text.length < 2) return false;
  const before = text.slice(0, token.start);
  const behind = text.slice(token.end);
  if (/\b(?:in|at|inside|within)\s+(?:the\s+)?["']?$/i.test(before)) {
    return after === undefined || !notAPlaceBefore.has(after.text);
  }
  if (new RegExp(`^["']?\\s+(?:${siteNouns})\\b`, 'i').test(behind)) return /\b(?:the|our)\s+["']?$/i.test(before);
  if (wholeNodeCues.some((cue) => cue.test(before)))
    return /^["']?\s*(?:[?.!,;]|$|\b(?:today|now|again|right|please|and|or|then)\b)/i.test(behind);
  return (
    /\b(?:is|why is|why's)\s+(?:the\s+)?["']?$/i.test(before) &&
    /^["']?\s+(?:so\s+|really\s+|very\s+)?(?:healthy|unhealthy|ok|okay|fine|sick|slow|sluggish|broken|alright|hanging|laggy|lagging)\b/i.test(
      behind,
    )
  );
}

function isEveryday(word: string): boolean {
  return ordinary.has(word) || knownWords.has(word) || new RegExp(`^(?:${nodeNouns}|${siteNouns})$`).test(word);
}

function hasCue(text: string, token: Token, before: string, after: string): boolean {
  const isQuoted = /["']$/.test(text.slice(0, token.start)) && /^["']/.test(text.slice(token.end));
  return (
    isQuoted ||
    new RegExp(`\\b(?:${before})\\s+(?:the\\s+|site\\s+|node\\s+)?["']?$`, 'i').test(text.slice(0, token.start)) ||
    (after !== '' && new RegExp(`^["']?\\s+(?:${after})\\b`, 'i').test(text.slice(token.end)))
  );
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

function sentencesOn(missing: readonly Mention[], fleet: Fleet): string[] {
  const names = (kind: Mention['kind']) => [
    ...new Set(missing.filter((one) => one.kind === kind).map((one) => one.shown)),
  ];
  const sites =
    fleet.sites.length === 0
      ? ''
      : fleet.sites.length <= 8
        ? ` The sites are ${listOf(fleet.sites.toSorted())}.`
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

function withoutOverlaps(mentions: readonly Mention[]): Mention[] {
  const kept: Mention[] = [];
  // The longest name wins; of equals the first kind: patterns, sites, nodes, labels. A node beats a label of the same text.
  for (const one of mentions.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    if (!kept.some((other) => one.start < other.end && other.start < one.end)) kept.push(one);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}

function wholeName(name: string): RegExp {
  return new RegExp(
    `(?<![\\p{L}\\p{N}_-]|[\\p{L}\\p{N}]\\.)${escapeForPattern(name)}(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`,
    'giu',
  );
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
