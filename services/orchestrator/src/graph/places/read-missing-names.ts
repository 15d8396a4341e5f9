// Where the question names what does not exist: what looks like a name of this fleet, and what stands where a name stands. Entered by
// find-named-places. Pure.
import { isEveryday, siteNouns, technical } from './everyday-words.ts';
import { type FleetIndex, shortNameOf, stemOf } from './index-fleet.ts';
import { type Mention, mention, type Token, tokensOf } from './mention.ts';

/** What stands where a name does, or looks like one, and nothing has it. */
export function readMissingNames(text: string, index: FleetIndex, known: readonly Mention[]): Mention[] {
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

const notAPlaceBefore = new Set(
  'state states mode status shape condition way order use process processes memory version versions log logs format'.split(
    ' ',
  ),
);

const twoWordPlaces = new Set('new san los las sao saint st el la north south east west hong cape'.split(' '));

const wholeNodeCues = [
  /\b(?:wrong|matter|up|problems?|issues?|trouble|happening|happened|going on)\s+(?:with|on|at)\s+(?:the\s+)?["']?$/i,
  /^\s*(?:please\s+)?(?:check|diagnose|triage|inspect|examine)\s+(?:on\s+|the\s+)?["']?$/i,
];

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
