// GET /v1/audit-events: who did what, newest first, with its place in the sealed chain. Reads only.
import { auditEventPageSchema, auditListQuerySchema } from '@sena/contracts/http/audit';
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
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        listAuditEvents(transaction, request.query),
      ),
  );
}

async function listAuditEvents(transaction: TenantTransaction, page: AuditListQuery) {
  const [at, id] = decodeCursor(page.cursor, 2, ([time]) => timestampSchema.safeParse(time).success) ?? [];
  const found = await transaction.query<AuditEventRow>(
    `select e.id, to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.action, e.actor, e.subject, e.data,
       s.seq, s.hash
     from audit_events e left join audit_seals s on s.event_id = e.id
     where ($1::text is null or (e.at, e.id) < ($1::timestamptz, $2)) and ($3::text is null or e.run_id = $3)
     order by e.at desc, e.id desc limit $4`,
    [at ?? null, id ?? null, page.runId ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => ({ ...row, seq: row.seq === null ? null : Number(row.seq) })),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.at, last.id]) : null,
  };
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
}
