// A server is no longer SENA's business. Deletes the node and writes its audit row; what ran on it stays, because executions and
// approvals hold its name and address themselves. What was dispatched before still ends as it ends; nothing new is dispatched to it.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import { readNodes } from './read-nodes.ts';

/** Throws `not_found`, also for a node that was deleted before. */
export async function deleteNode(transaction: TenantTransaction, nodeId: string, actor: Actor): Promise<void> {
  const [node] = await readNodes(transaction, [nodeId]);
  const deleted = await transaction.query('delete from nodes where id = $1', [nodeId]);
  if (node === undefined || deleted.rowCount === 0) throw noSuch('node');
  const data = {
    name: node.name,
    siteId: node.site.id,
    address: node.address,
    port: node.port,
    runAs: node.runAs,
    hostKey: node.hostKey,
  };
  await appendAuditEvent(transaction, { action: 'node.deleted', actor, subject: nodeId, data });
}
