// A key ends at once, with every key that was made with it. Writes identity, audited by trigger.
import { type Member, principalRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type pg from 'pg';
import { isAllowed } from '../abilities.ts';
import { inIdentity } from '../in-identity.ts';

/** Somebody else's: by whoever manages members. Returns whose it was. Throws `not_found`. */
export function revokeApiKey(pool: pg.Pool, { by, id }: { by: Member; id: string }): Promise<string> {
  return inIdentity(pool, principalRef(by), async (client) => {
    const revoked = await client.query<{ referenceId: string }>(
      `with recursive ending as (
         select k.id from apikey k where k.id = $1 and k.metadata::jsonb ->> 'organizationId' = $2 and ($3::text is null or k."referenceId" = $3)
         union select k.id from apikey k join ending e on k.metadata::jsonb ->> 'madeBy' = e.id
       ) delete from apikey where id in (select id from ending) returning "referenceId"`,
      [id, by.organizationId, isAllowed(by, 'members:manage') ? null : by.userId],
    );
    if (revoked.rows[0] === undefined) throw new SenaError('not_found', 'There is no API key with this id.');
    return revoked.rows[0].referenceId;
  });
}
