// A selector as a condition on nodes `n` and sites `s`. Values travel as parameters only. Pure.
import type { Selector } from './parse-selector.ts';

/** `values` continues an existing list of parameters. */
export function selectorSql(selector: Selector, values: unknown[]): string {
  switch (selector.kind) {
    case 'all':
      return 'true';
    case 'not':
      return `not (${selectorSql(selector.of, values)})`;
    case 'and':
    case 'or':
      return `(${selectorSql(selector.left, values)} ${selector.kind} ${selectorSql(selector.right, values)})`;
    case 'match': {
      const subject = subjectOf(selector.key, values);
      return `(${selector.values.map((value) => matchSql(subject, value, values)).join(' or ')})`;
    }
  }
}

function subjectOf(key: string, values: unknown[]): string {
  if (key === 'name') return 'n.name';
  if (key === 'site') return 's.name';
  values.push(key);
  return `(n.labels ->> $${values.length}::text)`;
}

/** A node without the label matches nothing, not even `*`; `coalesce` keeps `not` two-valued. */
function matchSql(subject: string, value: string, values: unknown[]): string {
  values.push(value.includes('*') ? value.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%') : value);
  const operator = value.includes('*') ? 'like' : '=';
  return `coalesce(${subject} ${operator} $${values.length}::text, false)`;
}
