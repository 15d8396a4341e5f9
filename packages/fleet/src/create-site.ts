// Names a customer network, which satellites then join and nodes belong to.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { Site } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import { isUniqueViolation, type TenantTransaction } from '@sena/db/tenant';

/** Throws `name_taken`. */
export async function createSite(transaction: TenantTransaction, site: { name: string }, actor: Actor): Promise<Site> {
  const id = newId('site');
  const { name } = site;
  let createdAt: Date;
  try {
    const inserted = await transaction.query<{ created_at: Date }>(
      'insert into sites (id, organization_id, name) values ($1, $2, $3) returning created_at',
      [id, transaction.organizationId, name],
    );
    createdAt = (inserted.rows[0] as { created_at: Date }).created_at;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new SenaError('name_taken', `There is a site with the name ${name} already. Choose another name.`);
  }
  await appendAuditEvent(transaction, { action: 'site.created', actor, subject: id, data: { name } });
  const nothingYet = { nodeCount: 0, satelliteCount: 0, satellitesConnected: 0 };
  return { id, name, runningMax: null, ...nothingYet, createdAt: createdAt.toISOString() };
}
