// An approval as people see it. SQL text and its translation; no I/O.
import { type ActingKey, type Member, principalRef } from '@sena/contracts/domain/principal';
import type { Approval, ApprovalStatus } from '@sena/contracts/http/approvals';
import { requestedKeyJson } from '@sena/db/requested-key';
import { showCommand } from '@sena/envelope/show-command';
import { decidingRoles } from './approval-roles.ts';

export interface ApprovalRow {
  id: string;
  run_id: string;
  status: ApprovalStatus;
  commands: Array<Omit<Approval['commands'][number], 'escapes'>>;
  not_before: string | null;
  action_digest: string;
  effects: Approval['effects'];
  reasons: string[];
  requested_by: string;
  requested_by_name: string;
  requested_key: ActingKey | null;
  approvers_required: number;
  passkey_required: boolean;
  decisions: Array<{
    by: string;
    name: string;
    key: ActingKey | null;
    decision: 'approve' | 'reject';
    reason: string | null;
    at: string;
  }>;
  passkeys: Approval['passkeys'];
  decided_by: string | null;
  decided_by_name: string | null;
  reason: string | null;
  created_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  has_expired: boolean;
}

/** What its satellites said that they demand: an SQL expression. */
export const passkeyColumn = `(select coalesce(jsonb_agg(jsonb_build_object(
      'satellite', jsonb_build_object('id', demanding.id, 'name', demanding.name), 'people', demanding.passkeys_to_change
    ) order by demanding.name), '[]')
  from satellites demanding where demanding.passkeys_to_change > 0 and demanding.id in (
    select node ->> 'satelliteId' from jsonb_array_elements(action -> 'commands') as asked (command)
      cross join jsonb_array_elements(asked.command -> 'nodes') as reached (node)))`;

/**
 * Commands with their first `nodesMax` nodes, all of them for `null`: an SQL expression. Cut in SQL, because an action over
 * 10,000 nodes weighs megabytes, and a list holds a hundred.
 */
export function approvalColumns(nodesMax: number | null): string {
  const cut = nodesMax === null ? '' : `where position <= ${Number(nodesMax)}`;
  return `id, run_id, status, action_digest, effects, reasons, requested_by, requested_by_name,
    (select ${requestedKeyJson('asked')} from runs asked
      where asked.id = run_id and asked.requested_key is not null) as requested_key,
    approvers_required, passkey_required, decided_by, decided_by_name, reason, created_at, expires_at, decided_at, expires_at <= now() as has_expired, action ->> 'notBefore' as not_before,
    (select coalesce(jsonb_agg(jsonb_build_object('by', decided.decided_by, 'name', decided.decided_by_name, 'key', decided.decided_key, 'decision', decided.decision,
        'reason', decided.reason, 'at', decided.decided_at) order by decided.decided_at), '[]')
      from approval_decisions decided where decided.approval_id = approvals.id) as decisions,
    ${passkeyColumn} as passkeys,
    (select coalesce(jsonb_agg(jsonb_build_object(
        'step', command -> 'step',
        'command', command -> 'command',
        'shell', command -> 'shell',
        'environment', command -> 'environment',
        'limits', command -> 'limits',
        'nodeCount', jsonb_array_length(command -> 'nodes'),
        'nodes', (
          select coalesce(jsonb_agg(jsonb_build_object(
              'id', node -> 'nodeId', 'name', node -> 'name', 'address', node -> 'address', 'port', node -> 'port', 'runAs', node -> 'runAs',
              'credential', node -> 'credential', 'hostKey', node -> 'hostKey',
              'satellite', jsonb_build_object('id', node -> 'satelliteId', 'name', coalesce(satellite.name, node ->> 'satelliteId')),
              'site', coalesce(site.name, 'unknown'), 'isDeleted', known.id is null
            ) order by position), '[]')
          from jsonb_array_elements(command -> 'nodes') with ordinality as listed (node, position)
            left join satellites satellite on satellite.id = node ->> 'satelliteId'
            left join sites site on site.id = satellite.site_id
            left join nodes known on known.id = node ->> 'nodeId'
          ${cut}
        )) order by place), '[]')
      from jsonb_array_elements(action -> 'commands') with ordinality as commands (command, place)) as commands`;
}

export function toApproval(row: ApprovalRow, viewer: Member): Approval {
  const isOpen = row.status === 'pending' && !row.has_expired;
  const ref = principalRef(viewer);
  const hasDecided = row.decisions.some(({ by }) => by === ref);
  return {
    id: row.id,
    runId: row.run_id,
    // Over is over, even before the sweeper has written it down.
    status: row.status === 'pending' && row.has_expired ? 'expired' : row.status,
    actionDigest: row.action_digest,
    requestedBy: { id: idOf(row.requested_by), name: row.requested_by_name, key: row.requested_key },
    approversRequired: Math.max(row.approvers_required, ...row.passkeys.map(({ people }) => people)),
    passkeyRequired: row.passkey_required,
    decisions: row.decisions.map(({ by, name, key, at, ...decision }) => ({
      ...decision,
      by: { id: idOf(by), name, key },
      at: new Date(at).toISOString(),
    })),
    decidedBy:
      row.decided_by === null
        ? null
        : {
            id: idOf(row.decided_by),
            name: row.decided_by_name ?? idOf(row.decided_by),
            key: row.decisions.find(({ by }) => by === row.decided_by)?.key ?? null,
          },
    reason: row.reason,
    commands: row.commands.map(toShownCommand),
    notBefore: row.not_before ?? row.created_at.toISOString(),
    passkeys: row.passkeys,
    reasons: row.reasons,
    effects: row.effects,
    mayDecide: isOpen && isDecider(viewer) && row.requested_by !== ref && !hasDecided,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
  };
}

/** By role, and by the list of the key where one was shown. */
function isDecider({ role, keyPermissions }: Member): boolean {
  return decidingRoles.has(role) && (keyPermissions === null || keyPermissions.includes('approvals:decide'));
}

function toShownCommand(command: ApprovalRow['commands'][number]): Approval['commands'][number] {
  const { text, escapes } = showCommand(command.command);
  const show = (value: string) => showCommand(value).text;
  return {
    ...command,
    command: text,
    escapes: [...escapes],
    environment: Object.fromEntries(
      Object.entries(command.environment).map(([key, value]) => [show(key), show(value)]),
    ),
    nodes: command.nodes.map((node) => ({
      ...node,
      name: show(node.name),
      address: show(node.address),
      runAs: show(node.runAs),
      credential: show(node.credential),
      hostKey: node.hostKey === null ? null : show(node.hostKey),
    })),
  };
}

/** `member:user_…` → `user_…`. */
function idOf(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1);
}
