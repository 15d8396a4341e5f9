// A server becomes known to SENA. Writes the node and its audit row; nothing is reached.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { CreateNodeBody, Node } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { isUniqueViolation, type TenantTransaction } from '@sena/db/tenant';
import { readNodes } from './read-nodes.ts';
import { requireSite } from './require-site.ts';

/** Throws `not_found` for a site that is not this organization's, `name_taken`. */
export async function createNode(transaction: TenantTransaction, node: CreateNodeBody, actor: Actor): Promise<Node> {
  await requireSite(transaction, node.siteId);
  const id = newId('node');
  try {
    await transaction.query(
      `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, host_key, labels)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        transaction.organizationId,
        node.siteId,
        node.name,
        node.address,
        node.port,
        node.runAs,
        node.credential,
        node.hostKey,
        JSON.stringify(node.labels),
      ],
    );
  } catch (error) {
    if (isUniqueViolation(error))
      throw new SenaError('name_taken', `There is already a node named ${node.name}.`, { cause: error });
    throw error;
  }
  const data = {
    name: node.name,
    siteId: node.siteId,
    address: node.address,
    port: node.port,
    runAs: node.runAs,
    hostKey: node.hostKey,
  };
  await appendAuditEvent(transaction, { action: 'node.created', actor, subject: id, data });
  const [created] = await readNodes(transaction, [id]);
  if (created === undefined) throw new Error(`node ${id} was written and is not there`);
  return created;
}
