// A member whose role is narrowed by a selector asks for nodes: none of them may lie beyond it. Reads only.
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';
import { countNodes } from './select-nodes.ts';

/**
 * Throws `no_nodes_match` or `beyond_scope`. Nodes beyond are neither named nor counted, and a selector that picks them alone is answered
 * as one that picks nothing.
 */
export async function refuseBeyondScope(
  transaction: TenantTransaction,
  selector: string,
  scope: string | null,
): Promise<void> {
  const within = await countNodes(transaction, selector, scope);
  if (within === 0) {
    throw new SenaError(
      'no_nodes_match',
      scope === null
        ? 'No node matches the selector. See GET /v1/nodes for the names and labels that there are.'
        : `No node of your scope (${scope}) matches the selector. See GET /v1/nodes for those that you may reach.`,
    );
  }
  if (scope === null || (await countNodes(transaction, selector)) === within) return;
  throw new SenaError(
    'beyond_scope',
    `The selector reaches beyond your scope, which is ${scope}. Ask for (${selector}) and (${scope}), or ask an owner for a wider scope.`,
  );
}
