// Entered from expand-word. What a variable may hold at this point of the walk: the values of every assignment in
// the text, if one certainly came before; otherwise anything.
import { atPlace, type Judge } from '../walk/judge.ts';
import type { AssignmentSite } from './collect-variables.ts';
import { alternativesMax, expandUnsplit, expandWord } from './expand-word.ts';
import { examplePiece, type Piece } from './piece.ts';

/** Set by the shell or by the login, never by the command: see assignableName. */
const inherited = new Set([
  'HOME',
  'PATH',
  'PWD',
  'OLDPWD',
  'USER',
  'LOGNAME',
  'HOSTNAME',
  'SHELL',
  'IFS',
  'UID',
  'EUID',
  'PPID',
  'RANDOM',
  'SECONDS',
  'LINENO',
  'LANG',
  'TERM',
  'TZ',
  'COLUMNS',
  'LINES',
  'OPTIND',
  'OPTARG',
  'PS1',
  'PS2',
  'PS4',
  '_',
]);
const anything: Piece[][] = [[{ kind: 'hole', of: 'any' }]];

export function variableValues(judge: Judge, name: string): Piece[][] {
  if (name === '?' || name === '$' || name === '#') return [[{ kind: 'hole', of: 'digits' }]];
  if (name === 'HOME') return [[examplePiece('/root')], [examplePiece('/home/user')], []];
  const sites = judge.variables.get(name) ?? [];
  if (inherited.has(name) || /^(BASH|LC_)/.test(name)) return anything;
  if (judge.inProgress.has(name) || judge.lookupsLeft <= 0) return anything;
  judge.inProgress.add(name);
  try {
    const loop = judge.loops.findLast((candidate) => candidate.name === name);
    // Inside the loop that sets it, and set nowhere else: exactly the loop's words.
    const within = loop?.soleInBody ? sites.filter((site) => site.kind === 'list' && site.start === loop.start) : sites;
    judge.lookupsLeft -= within.length;
    const values = within.flatMap((site) => siteValues(judge, site));
    // Not certainly set by the text, so whatever the environment says.
    if (!loop && !judge.assigned.has(name)) return anything;
    if (values.length > alternativesMax) return anything;
    return values;
  } finally {
    judge.inProgress.delete(name);
  }
}

function siteValues(judge: Judge, site: AssignmentSite): Piece[][] {
  switch (site.kind) {
    case 'read':
      return anything;
    case 'value': {
      const [first, ...rest] = site.word.parts;
      if (first?.kind !== 'text') return anything;
      const value = [{ ...first, text: first.text.slice(site.valueStart) }, ...rest];
      return atPlace(judge, site.word.start, () => expandUnsplit(judge, value));
    }
    case 'list':
      return atPlace(judge, site.start, () =>
        site.words
          .flatMap((word) => expandWord(judge, word).flat())
          .filter((word) => !word.absent)
          .map((word): Piece[] => (word.loose ? [{ kind: 'hole', of: 'any' }] : word.pieces)),
      );
  }
}
