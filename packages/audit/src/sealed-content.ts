// How a stored audit event becomes what is hashed: the sealer and the verifier must read it alike. Pure.
import type { SealedContent } from './chain-hash.ts';

export interface ContentRow {
  id: string;
  organization_id: string;
  at: string;
  action: string;
  actor: string;
  subject: string;
  run_id: string | null;
  data: unknown;
}

/** Of `audit_events e`. */
export const contentColumns = `e.id, e.organization_id, to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, e.action,
  e.actor, e.subject, e.run_id, e.data`;

export function toSealedContent(row: ContentRow): SealedContent {
  return {
    id: row.id,
    organizationId: row.organization_id,
    at: row.at,
    action: row.action,
    actor: row.actor,
    subject: row.subject,
    runId: row.run_id,
    data: row.data,
  };
}
