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
    case 'match':
      return `(${selector.values.map((value) => matchSql(selector.key, value, values)).join(' or ')})`;
  }
}

/** Never null, so that `not` stays two-valued: a node without the label matches nothing, not even `*`. */
function matchSql(key: string, value: string, values: unknown[]): string {
  const place = (parameter: string) => `$${values.push(parameter)}::text`;
  const isExact = !value.includes('*');
  const pattern = value.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%');
  if (key === 'name' || key === 'site') {
    const column = key === 'name' ? 'n.name' : 's.name';
    return isExact ? `${column} = ${place(value)}` : `${column} like ${place(pattern)}`;
  }
  // Containment is what the index on labels serves.
  if (isExact) return `n.labels @> jsonb_build_object(${place(key)}, ${place(value)})`;
  return `coalesce(n.labels ->> ${place(key)} like ${place(pattern)}, false)`;
}
