// Entered from expand-word for `$(( … ))`. In bash a variable inside is itself evaluated, and its text can then run a
// command: every variable must hold a number whatever happens.
import { unknown } from '../explain/finding.ts';
import type { WordPart } from '../reading/token.ts';
import type { Judge } from '../walk/judge.ts';
import { report } from '../walk/judge.ts';
import type { AssignmentSite } from './collect-variables.ts';
import type { HoleKind } from './piece.ts';

const names = /[A-Za-z_][A-Za-z0-9_]*/g;

export function arithmeticKind(judge: Judge, expression: string): HoleKind {
  for (const [name] of expression.matchAll(names)) {
    if (!isNumeric(judge, name, new Set())) {
      const start = judge.text.indexOf(`$((${expression}))`);
      report(
        judge,
        { start: Math.max(start, 0), end: Math.max(start, 0) + expression.length + 5 },
        unknown(`arithmetic over \`${name}\` is computed when it runs`),
      );
    }
  }
  return /^[0-9 +*()]+$/.test(expression) ? 'digits' : 'any';
}

function isNumeric(judge: Judge, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return true;
  seen.add(name);
  const sites = judge.variables.get(name) ?? [];
  if (sites.length === 0) return false;
  return sites.every((site) => isNumericSite(judge, site, seen));
}

function isNumericSite(judge: Judge, site: AssignmentSite, seen: Set<string>): boolean {
  switch (site.kind) {
    case 'read':
      return false;
    case 'list':
      return site.words.every((word) => word.parts.every((part) => isNumericPart(judge, part, 0, seen)));
    case 'value':
      return site.word.parts.every((part, index) =>
        isNumericPart(judge, part, index === 0 ? site.valueStart : 0, seen),
      );
  }
}

function isNumericPart(judge: Judge, part: WordPart, from: number, seen: Set<string>): boolean {
  switch (part.kind) {
    case 'text':
      return /^\d{0,15}$/.test(part.text.slice(from));
    case 'range':
      return true;
    case 'arithmetic':
      return [...part.expression.matchAll(names)].every(([name]) => isNumeric(judge, name, seen));
    case 'variable':
      return part.name === '?' || part.name === '#' || part.name === '$' || isNumeric(judge, part.name, seen);
    case 'substitution':
      return judge.substitutionOutput(part) === 'digits';
    case 'glob':
    case 'home':
      return false;
  }
}
