// What a superuser is about to write for one run, as it would stand there if Adam had approved it: forgeries change it, then it is written. Entered
// by the techniques and by attack-as-superuser. Writes the rows that a dispatch rests on, past all that would keep them right.
import { createHash } from 'node:crypto';
import type { Action, EnvelopeNode } from '@sena/contracts/envelope';
import { executionIdFor, newId } from '@sena/contracts/ids';
import { hashAction } from '@sena/envelope/action-digest';
import type pg from 'pg';

/** A run that was asked for and waits for an approval. */
export interface Asked {
  readonly runId: string;
  readonly approvalId: string;
  readonly action: Action;
  readonly actionDigest: string;
  readonly requestedBy: string;
}

export interface Decision {
  decidedBy: string;
  assertion: object | null;
}

export interface Draft {
  readonly asked: Asked;
  /**
   * Who goes on: the orchestrator, by its graph; the signer, with a dispatch that is there already, or the relay, with an envelope too. Null: nothing
   * of this is written, what is done is in `more`.
   */
  route: 'orchestrator' | 'signer' | null;
  action: Action;
  actionDigest: string;
  requestedBy: string;
  decisions: Decision[];
  dispatch: {
    id: string;
    organizationId: string;
    runId: string;
    step: string;
    satelliteId: string;
    assignmentEpoch: number;
    approvalId: string | null;
    shell: string;
    command: string;
    environment: Record<string, string>;
    limits: object;
    readOnly: boolean;
    notBefore: string;
    expiresAt: string;
  };
  nodes: EnvelopeNode[];
  envelope: { keyId: string; jws: string } | null;
  /** The run by which it is seen what came of it. */
  about: string;
  /** Who has refused it before anybody was woken. */
  refusal: string | null;
  /** Beside it, after it and before anybody is woken. */
  more: Array<() => Promise<unknown>>;
}

export function draftOf(asked: Asked): Draft {
  const [command] = asked.action.commands;
  const [first] = command?.nodes ?? [];
  if (command === undefined || first === undefined) throw new Error('an action has a command and a node');
  const { step, shell, command: text, environment, limits } = command;
  return {
    asked,
    route: 'signer',
    action: asked.action,
    actionDigest: asked.actionDigest,
    requestedBy: asked.requestedBy,
    decisions: [],
    dispatch: {
      ...{ id: newId('disp'), organizationId: asked.action.organizationId, runId: asked.runId, step },
      ...{ satelliteId: first.satelliteId, assignmentEpoch: 1, approvalId: asked.approvalId },
      ...{ shell, command: text, environment, limits, readOnly: false },
      notBefore: asked.action.notBefore,
      expiresAt: new Date(Math.min(Date.now() + 600_000, Date.parse(asked.action.expiresAt))).toISOString(),
    },
    nodes: command.nodes.map(({ satelliteId: _, ...node }) => ({
      executionId: executionIdFor(asked.runId, step, node.nodeId),
      ...node,
    })),
    envelope: null,
    about: asked.runId,
    refusal: null,
    more: [],
  };
}

type ActionCommand = Action['commands'][number];

/** What is approved becomes something else, in the action and in the dispatch alike, and the digest is that of the new action. */
export function swapCommand(draft: Draft, change: Partial<Omit<ActionCommand, 'nodes'>>): void {
  draft.action = {
    ...draft.action,
    commands: draft.action.commands.map((command) => ({ ...command, ...change })),
  };
  draft.actionDigest = hashAction(draft.action).digest;
  Object.assign(draft.dispatch, change);
}

export function swapNodes(draft: Draft, change: Partial<ActionCommand['nodes'][number]>): void {
  draft.action = {
    ...draft.action,
    commands: draft.action.commands.map((command) => ({
      ...command,
      nodes: command.nodes.map((node) => ({ ...node, ...change })),
    })),
  };
  draft.actionDigest = hashAction(draft.action).digest;
  const { satelliteId, ...ofNode } = change;
  if (satelliteId !== undefined) draft.dispatch.satelliteId = satelliteId;
  draft.nodes = draft.nodes.map((node) => {
    const changed = { ...node, ...ofNode };
    return { ...changed, executionId: executionIdFor(draft.dispatch.runId, draft.dispatch.step, changed.nodeId) };
  });
}

export function swapTimes(draft: Draft, change: Partial<Pick<Action, 'notBefore' | 'expiresAt'>>): void {
  draft.action = { ...draft.action, ...change };
  draft.actionDigest = hashAction(draft.action).digest;
  Object.assign(draft.dispatch, change);
}

export async function writeDraft(superuser: pg.Client, draft: Draft): Promise<void> {
  if (draft.route !== null) await writeRows(superuser, draft);
  for (const write of draft.more) await write();
  if (draft.route !== 'orchestrator') return;
  await superuser.query('update runs set wake_count = wake_count + 1, wanted_at = now() where id = $1', [
    draft.asked.runId,
  ]);
}

async function writeRows(superuser: pg.Client, draft: Draft): Promise<void> {
  const { asked, action, actionDigest, requestedBy, decisions, dispatch, nodes, envelope, route } = draft;
  const run = (text: string, values: unknown[]) => superuser.query(text, values);
  const [last] = decisions.slice(-1);
  await run(
    `update approvals set action = $2, action_digest = $3, requested_by = $4, status = 'approved', decided_by = $5, decided_by_name = 'adam',
       decided_at = now() where id = $1`,
    [asked.approvalId, JSON.stringify(action), actionDigest, requestedBy, last?.decidedBy ?? null],
  );
  await run('update runs set requested_by = $2 where id = $1', [asked.runId, requestedBy]);
  for (const { decidedBy, assertion } of decisions) {
    const of = [action.organizationId, asked.approvalId, decidedBy];
    if (assertion !== null)
      await run(
        `insert into approval_assertions (organization_id, approval_id, decided_by, assertion) values ($1, $2, $3, $4)
         on conflict (approval_id, decided_by) do update set assertion = excluded.assertion`,
        [...of, JSON.stringify(assertion)],
      );
    await run(
      `insert into approval_decisions (organization_id, approval_id, decided_by, decided_by_name, decision) values ($1, $2, $3, 'adam', 'approve')
       on conflict do nothing`,
      of,
    );
  }
  if (route !== 'orchestrator') {
    const { id, organizationId, runId } = dispatch;
    await run(
      `insert into dispatches (id, organization_id, run_id, step, satellite_id, assignment_epoch, approval_id, shell, command, command_sha256,
         environment, limits, read_only, not_before, expires_at, total, pending)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)`,
      [
        ...[id, organizationId, runId, dispatch.step, dispatch.satelliteId, dispatch.assignmentEpoch],
        ...[dispatch.approvalId, dispatch.shell, dispatch.command],
        createHash('sha256').update(dispatch.command).digest('hex'),
        ...[JSON.stringify(dispatch.environment), JSON.stringify(dispatch.limits), dispatch.readOnly],
        ...[dispatch.notBefore, dispatch.expiresAt, nodes.length],
      ],
    );
    for (const node of nodes)
      await run(
        `insert into executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, host_key, run_as, credential)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do update set run_id = excluded.run_id, dispatch_id = excluded.dispatch_id, address = excluded.address`,
        [
          ...[node.executionId, organizationId, runId, id, dispatch.step, node.nodeId, node.name],
          ...[node.address, node.port, node.hostKey, node.runAs, node.credential],
        ],
      );
    await run(`update runs set status = 'running', execution_count = $2 where id = $1`, [runId, nodes.length]);
    if (envelope !== null)
      await run(`insert into dispatch_envelopes (dispatch_id, organization_id, key_id, jws) values ($1, $2, $3, $4)`, [
        ...[id, organizationId, envelope.keyId, envelope.jws],
      ]);
  }
}
