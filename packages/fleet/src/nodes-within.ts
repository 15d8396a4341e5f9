// The bounds that a member's role has, as a condition on nodes. Pure.
import type { NodeCondition } from '@sena/db/tenant';
import { parseSelector } from './parse-selector.ts';
import { selectorSql } from './selector-sql.ts';

/** null: no bounds. Throws `invalid_selector`: then nothing is read. */
export function nodesWithin(scope: string | null): NodeCondition | null {
  if (scope === null) return null;
  const selector = parseSelector(scope);
  return (values) => selectorSql(selector, values);
}
