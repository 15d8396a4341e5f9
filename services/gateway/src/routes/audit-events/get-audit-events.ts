// GET /v1/audit-events: who did what, newest first, with its place in the sealed chain, and what those are called now. Reads only: two
// reads a page, however long it is.
import { nameMembers } from '@sena/auth/members/name-members';
import { type ActingKey, actingKeySchema } from '@sena/contracts/domain/principal';
import { type AuditEvent, auditEventPageSchema, auditListQuerySchema } from '@sena/contracts/http/audit';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import { timestampSchema } from '@sena/contracts/http/page';
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import type { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

type AuditListQuery = z.infer<typeof auditListQuerySchema>;

export function getAuditEvents(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/audit-events',
    {
      config: { access: may.readAudit },
      schema: {
        operationId: 'listAuditEvents',
        tags: ['audit'],
        summary: 'List audit events, newest first',
        querystring: auditListQuerySchema,
        response: { 200: auditEventPageSchema },
      },
    },
    async (request) => {
      const { organizationId } = memberOf(request);
      const { rows, nextCursor } = await inOrganization(services.pool, organizationId, (transaction) =>
        listAuditEvents(transaction, request.query),
      );
      const people = rows.flatMap(({ actor, subject }) => [userIn(actor), userIn(subject)]);
      const userIds = [...new Set(people.filter((id) => id !== null))];
      const members = await nameMembers(services.auth.pool, organizationId, userIds);
      return { items: rows.map((row) => toAuditEvent(row, members)), nextCursor };
    },
  );
}

/** The names are looked up for the rows of the page alone. What is about a run is called as the run is. */
async function listAuditEvents(transaction: TenantTransaction, page: AuditListQuery) {
  const [at, id] = decodeCursor(page.cursor, 2, ([time]) => timestampSchema.safeParse(time).success) ?? [];
  const found = await transaction.query<AuditEventRow>(
    `select e.id, to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.action, e.actor, e.subject, e.data,
       s.seq, s.hash, (select name from satellites where id = substr(e.actor, 11) and e.actor like 'satellite:%') as satellite_actor,
       case split_part(e.subject, '_', 1)
         when 'site' then (select name from sites where id = e.subject)
         when 'sat' then (select name from satellites where id = e.subject)
         when 'node' then (select name from nodes where id = e.subject)
         else (select left(coalesce(r.prompt, r.command, r.runbook), 200) from runs r where r.id = e.run_id)
       end as subject_name
     from (
       select * from audit_events e
       where ($1::text is null or (e.at, e.id) < ($1::timestamptz, $2)) and ($3::text is null or e.run_id = $3)
       order by e.at desc, e.id desc limit $4
     ) e left join audit_seals s on s.event_id = e.id
     order by e.at desc, e.id desc`,
    [at ?? null, id ?? null, page.runId ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    rows,
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.at, last.id]) : null,
  };
}

function toAuditEvent(row: AuditEventRow, members: ReadonlyMap<string, string>): AuditEvent {
  const { satellite_actor, subject_name, ...event } = row;
  return {
    ...event,
    seq: row.seq === null ? null : Number(row.seq),
    actorKey: keyIn(row),
    actorName: satellite_actor ?? members.get(userIn(row.actor) ?? '') ?? null,
    subjectName: subject_name ?? members.get(userIn(row.subject) ?? '') ?? namedIn(row),
  };
}

/** Of `member:user_…`, and of `user_…`. */
function userIn(reference: string): string | null {
  return /^(?:member:)?(user_.+)$/.exec(reference)?.[1] ?? null;
}

/** What is gone, or is only known by its records, is called as the record says: a key, a passkey, an invited person. */
function namedIn({ data }: AuditEventRow): string | null {
  const name = data.name ?? data.email;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** Sealed with the record; what is called so in an act of somebody else is not one. */
function keyIn({ actor, data }: AuditEventRow): ActingKey | null {
  const key = actingKeySchema.safeParse(data.apiKey);
  return key.success && actor.startsWith('member:') ? key.data : null;
}

interface AuditEventRow {
  id: string;
  /** With microseconds, as it was sealed. */
  at: string;
  action: string;
  actor: string;
  subject: string;
  data: Record<string, unknown>;
  seq: string | null;
  hash: string | null;
  satellite_actor: string | null;
  subject_name: string | null;
}
