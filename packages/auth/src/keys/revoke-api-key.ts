// A key ends at once, with every key that was made with it. Writes identity, audited by trigger.
import { actorOf, type Member } from '@sena/contracts/domain/principal';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { isAllowed } from '../abilities.ts';
import { inIdentityOf } from '../in-identity.ts';
import { refuseWhoseOwner } from '../members/guard-owners.ts';

/** Somebody else's: by whoever manages members, an owner's by an owner. Returns whose it was. Throws `not_found`, `forbidden`. */
export function revokeApiKey(pool: pg.Pool, { by, id }: { by: Member; id: string }): Promise<string> {
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    const found = await client.query<{ referenceId: string }>(
      `select "referenceId" from apikey where id = $1 and "organizationId" = $2 and ($3::text is null or "referenceId" = $3)
       for update`,
      [id, by.organizationId, isAllowed(by, 'members:manage') ? null : by.userId],
    );
    const userId = found.rows[0]?.referenceId;
    if (userId === undefined) throw noSuch('apiKey');
    await refuseWhoseOwner(client, by, userId);
    await client.query(
      `with recursive ending as (
         select $1 as id
         union select k.id from apikey k join ending e on k.metadata::jsonb ->> 'madeBy' = e.id
       ) delete from apikey where id in (select id from ending)`,
      [id],
    );
    return userId;
  });
}
