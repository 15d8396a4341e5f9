// Entered by evaluate-command with the environment that a dispatch adds, and from the walk for `NAME=value command`. The one list of what an
// environment may hold and change nothing but how an answer looks; whatever else it holds is an effect. Pure.
import { type Finding, notUnderstood } from '../explain/finding.ts';
import { showText } from '../text/show-text.ts';

/** No slash in any of them: with one, a program would take its messages, time zones or terminals from a file that somebody names. */
const locale = /^(?:[A-Za-z]{1,8}(?:_[A-Za-z]{2,4})?)?(?:\.[A-Za-z0-9-]{1,16})?(?:@[A-Za-z0-9]{1,16})?$/;
const size = /^\d{1,5}$/;
const noPager = /^(?:cat)?$/;

const harmless: ReadonlyMap<string, RegExp> = new Map([
  ...['LANG', 'LC_ALL', 'LC_CTYPE', 'LC_TIME', 'LC_NUMERIC', 'LC_COLLATE', 'LC_MESSAGES', 'LC_MONETARY'].map(
    (name): [string, RegExp] => [name, locale],
  ),
  // Names of zones below the system's own directory.
  ['TZ', /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z][A-Za-z0-9_+-]*){0,2}$/],
  ['TERM', /^[A-Za-z][A-Za-z0-9+._-]{0,31}$/],
  ['COLUMNS', size],
  ['LINES', size],
  ['NO_COLOR', /^\d?$/],
  ['SYSTEMD_COLORS', /^[01]$/],
  ['SYSTEMD_PAGER', noPager],
  ['PAGER', noPager],
  // How it speaks, not with whom.
  ['ETCDCTL_API', /^[23]$/],
]);

/** What no dispatch sets, approved or not: other programs would run than those that were judged, and shown to who approved. */
const forbidden = /^(?:PATH|LD_.*|DYLD_.*|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|IFS)$/;

export function judgeEnvironment(environment: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(environment)
    .filter(([name, value]) => !isHarmlessVariable(name, value))
    .map(([name]) => ({
      kind: 'unknown',
      detail: `it sets ${showText(name)}, which may change what programs do`,
      // It stands before the text.
      start: 0,
      end: 0,
      call: notUnderstood,
    }));
}

export function isHarmlessVariable(name: string, value: string): boolean {
  return harmless.get(name)?.test(value) === true;
}

/** The name of a variable that no dispatch may set. */
export function findForbiddenVariable(environment: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(environment).find((name) => forbidden.test(name));
}
