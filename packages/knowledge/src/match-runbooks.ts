// Entered with a question in plain language; leaves with the runbooks that can answer it, best first, or with none.
// Reads the runbooks in one query; PostgreSQL's full text does the work.
import type { TenantTransaction } from '@sena/db/tenant';
import { correctSpelling } from './correct-spelling.ts';
import { ownRunbooks } from './own-runbooks.ts';
import { nodeHealth } from './runbooks/node-health.ts';

export interface RunbookMatch {
  slug: string;
  title: string;
  /** Higher is better; only comparable within one question. */
  rank: number;
}

/** Below this nothing in the question points at a runbook. */
const rankMin = 0.9;
/** And at least this share of the words that carry meaning has to be found in the runbook. */
const coverageMin = 0.3;

/** A second runbook is only meant where it fits about as well as the first: its findings would be beside the point. */
const nearBest = 0.8;

/** And a question about what no runbook looks into has to point at one harder. */
const rankMinBesideForeign = 2.5;

export interface MatchOptions {
  /** Default 3. */
  limit?: number;
  /** Names of nodes, sites and labels in the question: they say where to look, not what for. */
  names?: readonly string[];
}

/**
 * At most `limit` runbooks that this version has code for. Empty where none fits, and where the question asks for a change
 * ("restart nginx"): a runbook only looks. A question about nodes as a whole ("check web-06") is for node-health.
 */
export async function matchRunbooks(
  transaction: TenantTransaction,
  question: string,
  options: MatchOptions = {},
): Promise<RunbookMatch[]> {
  if (asksForChange(question)) return [];
  const { about, isWhole, hasNode } = readAim(withoutNames(question.replaceAll('’', "'"), options.names ?? []));
  const words = correctSpelling([...meaningfulWords(about), ...impliedWords(about)]);
  if (words.length === 0) {
    return isWhole || hasNode ? [{ slug: nodeHealth.slug, title: nodeHealth.title, rank: rankMin }] : [];
  }
  // A word that few runbooks know says more than one that many know; a word that one runbook repeats counts a
  // little more each time, with a ceiling.
  const { rows } = await transaction.query<{ slug: string; title: string; rank: number }>(
    `with books as (
       select slug, title, search from runbooks where organization_id is null and slug = any($2::text[])
     ), words as (
       select distinct on (q) word, worth, q from (select word, worth, plainto_tsquery('english', word) as q from unnest($1::text[], $4::float[]) as given (word, worth)) w
       where numnode(q) > 0
     ), hits as (
       select b.slug, b.title, w.word, w.worth / (select max(worth) from words) as worth, ts_rank_cd('{0.1, 0.3, 0.6, 1.0}', b.search, w.q) as weight,
         count(*) over (partition by w.word) as known_to
       from books b join words w on b.search @@ w.q
     )
     select slug, title, (sum(worth * ln(1 + (select count(*) from books)::float / known_to) * weight / (weight + 0.8)))::float as rank
     from hits group by slug, title
     having count(*) >= $3::float * (select count(*) from words)
     order by rank desc, slug`,
    [words, ownRunbooks.map((runbook) => runbook.slug), coverageMin, words.map((word) => (vague.has(word) ? 0.5 : 1))],
  );
  const least = words.some((word) => foreign.has(word)) ? rankMinBesideForeign : rankMin;
  return rows
    .filter((row) => row.rank >= Math.max(least, (rows[0]?.rank ?? 0) * nearBest))
    .slice(0, options.limit ?? 3)
    .map(({ slug, title, rank }) => ({ slug, title, rank }));
}

const changes =
  'restart start stop kill reboot shutdown install uninstall remove delete drop upgrade update patch apply deploy roll rotate renew create add make write change set enable disable rename move copy clean clear purge wipe erase truncate empty fix reload drain mount unmount format resize grow extend block unblock allow deny ban';
const changePattern = new RegExp(
  `^(?:please|pls|plz|can you|could you|can u|would you|hey|ok|now|go and|just|i want you to|i need you to|let's|we should)?[\\s,]*(?:please\\s+|pls\\s+)?(?:${changes
    .split(' ')
    .join('|')})\\b(?!\\s+(?:needed|required|pending|history))`,
);

/** A runbook only looks, so such a question is for none. */
export function asksForChange(question: string): boolean {
  return changePattern.test(question.trim().toLowerCase());
}

/** How people ask about nodes as a whole: what is left of the question then says whether it is about something after all. */
const wholePatterns = [
  /\b(?:what|wtf)(?:'s|s| is| the)?\s+(?:is\s+)?(?:wrong|up|the matter|going on|happening|happened)(?:\s+(?:with|on|at|in|to)\b)?/,
  /\b(?:something|anything)\s+(?:is\s+)?(?:wrong|up|off|fishy)(?:\s+(?:with|on|at|in))?\b/,
  /\bhow(?:'s|s| is| are)\b(?=.*\b(?:doing|feeling|going|holding up|looking)\b)/,
  /\b(?:doing|feeling|holding up)\b/,
  /\bon fire\b/,
  /\b(?:acting up|misbehaving|struggling|unhappy)\b/,
  /\b(?:everything|everybody|all)\s+(?:is\s+)?(?:good|well|alright|ok|okay|fine)\b/,
  /\bhealth\s?checks?\b/,
  /^\s*(?:(?:please|pls)\s+)?(?:check(?:\s+on)?|look (?:at|into)|inspect|examine|diagnose|triage|status(?:\s+of)?|state of|sitrep)\b/,
  /\b(?:got|was|were|getting|being|are|am)\s+paged\b(?:\s+(?:for|about|by))?/,
];

/** `about`: the question without the words that only say "as a whole". */
function readAim(question: string): { about: string; isWhole: boolean; hasNode: boolean } {
  let about = question.toLowerCase();
  for (const pattern of wholePatterns) about = about.replace(pattern, ' ');
  const isWhole = about !== question.toLowerCase();
  const words = question.toLowerCase().match(/[a-z0-9][a-z0-9._-]*/g) ?? [];
  return { about, isWhole, hasNode: question.includes(nameMark) || words.some(isNodeName) };
}

/** Stands where a name stood. */
const nameMark = '\u0001';

function withoutNames(question: string, names: readonly string[]): string {
  return names.reduce(
    (text, name) =>
      text.replaceAll(
        new RegExp(`(?<![\\w-])${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w-])`, 'gi'),
        nameMark,
      ),
    question,
  );
}

/** What no runbook looks into, however well the rest fits: "the logs of shop" is not about whether shop runs. */
const foreign = new Set(
  'log logs config configs configuration conf tail grep deploy deploys deployed deployment release rollback backup backups restore dns ntp firewall iptables selinux user users login logins logged password passwords ps container containers pod pods image images request requests rps latency p99 throughput traffic bandwidth query queries schema table tables google internet email mail ticket invoice cost price weather sla contract owner'.split(
    ' ',
  ),
);

/** They say that something is wrong, not what: any other word of the question weighs more. */
const vague = new Set(
  'wrong problem problems trouble issue issues broken check status ok okay fine fault faults error errors fail fails failing usage used dead uptime'.split(
    ' ',
  ),
);

/** Words that every question about a fleet has, and names of nodes, point at no runbook. */
const generic = new Set(
  'except excluding besides apart node nodes server servers host hosts box boxes machine machines vm vms instance instances fleet rack site cluster datacenter system systems show list tell give find get see look please anybody anyone anything something everything thing things need want know like think help thank thanks sena currently current now right today moment still many much lot whats hows wtf the an is are was were be been am do does did has have had it its this that these those to of in on at for with and or but by from as so if then than how when where who whom which what we you he she be doing pls plz rn u got getting thing thingy whole all any about why again agian many much lot big biggest large largest most really also could would should can may might will shall us our ours my me your they them there here one ones two first last left old each every across whole entire everywhere anywhere somewhere'.split(
    ' ',
  ),
);

function meaningfulWords(question: string): string[] {
  const words = question
    .toLowerCase()
    .replaceAll('’', "'")
    .match(/[a-z0-9][a-z0-9._%/-]*[a-z0-9%]|[a-z0-9]/g);
  return [...new Set(words ?? [])].filter((word) => !generic.has(word) && !isNodeName(word)).slice(0, 40);
}

/** web-07, db1, rack-a-12: letters and a number at the end. x86 and sha256 are none of ours either. */
function isNodeName(word: string): boolean {
  return /^[a-z][a-z-]*-?\d{1,4}(\.[a-z0-9.-]+)?$/.test(word) && !/^(http|ipv|x|arm|python|md|sha|utf)\d+$/.test(word);
}

/** A path is about a file system, a large bare number about a port; full text passes over `down` and `up`. */
function impliedWords(question: string): string[] {
  const text = question.toLowerCase();
  // "is nginx up" is about a service, "is web-07 up" and "is everything up" are about nodes.
  const [, subject = ''] =
    /\bis\s+(?:the\s+)?(?!every|any|all\b|it\b)([a-z][\w-]*)(?:\s+[a-z]+)?\s+(?:up|running|alive|dead|down)\b/.exec(
      text,
    ) ?? [];
  const isService = subject !== '' && !isNodeName(subject) && !generic.has(subject);
  const words = question.split(/[\s,;?!()"']+/);
  const isPort = (word: string) => /^\d{4,5}$/.test(word) && !/^(19|20)\d\d$/.test(word);
  return [
    ...(words.some((word) => /^\/[a-z]/.test(word)) ? ['filesystem'] : []),
    ...(words.some(isPort) ? ['port'] : []),
    ...(/\bdown\b/i.test(question) ? ['dead'] : []),
    ...(isService ? ['service'] : /\bup\b/.test(text) ? ['uptime'] : []),
    ...(/\bdf\s+-\w*i|\bcreate\b.*\bfiles?\b/.test(text) ? ['inode', 'inodes', 'iuse'] : []),
    ...(/^\s*free(?:\s+-\w+)*\s*$/.test(text) ? ['memory'] : []),
    ...(/(?<!\b(?:kernel|os|linux|debian|ubuntu|distro)\s)\bversions? of (?!the\s+(?:os|kernel)|os|kernel|linux|debian|ubuntu)[a-z]/.test(
      text,
    )
      ? ['package']
      : []),
    ...(/\b(?:what|which) linux\b/.test(text) ? ['distro'] : []),
    ...(/\d\s*%\s*(?:free|full|left)\b/.test(text) && !/\b(?:mem|memory|ram|swap|cpu|inodes?)\b/.test(text)
      ? ['disk']
      : []),
  ];
}
