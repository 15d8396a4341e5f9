// A superuser alters what is approved, or what says so: the change itself, the approval, who asked, when, for whom. Entered by plan-rounds.
import { executionIdFor, newId } from '@sena/contracts/ids';
import { actionChallenge, hashAction } from '@sena/envelope/action-digest';
import type { SoftwareAssertion } from '@sena/testing/software-passkey';
import { type Draft, swapCommand, swapNodes, swapTimes } from './draft.ts';
import type { Stage } from './open-stage.ts';
import type { Technique, TechniqueContext } from './technique.ts';

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const otherSatellite = (draft: Draft, { satelliteIds }: Stage) =>
  satelliteIds.find((id) => id !== draft.dispatch.satelliteId) ?? '';

/** One of the places in which a change can be another one than that which was approved. */
function alterChange(draft: Draft, { random, forged, stage }: TechniqueContext): void {
  random.pick([
    () => swapCommand(draft, { command: forged }),
    () => swapCommand(draft, { command: `${draft.dispatch.command}; ${forged}` }),
    () => swapCommand(draft, { command: forged, environment: { LANG: 'C' } }),
    () => swapCommand(draft, { shell: 'bash', command: forged }),
    () => swapCommand(draft, { limits: { timeoutMs: 60_000, outputBytesMax: 4_096 }, command: forged }),
    () => swapNodes(draft, { credential: 'root' }),
    () => swapNodes(draft, { runAs: random.pick(['nobody', 'daemon', 'another']) }),
    () => swapNodes(draft, { hostKey: null }),
    () => swapNodes(draft, { nodeId: newId('node'), name: 'another' }),
    () => swapNodes(draft, { satelliteId: otherSatellite(draft, stage) }),
  ])();
}

/** The dispatch alone: what was approved stands as it was. */
function alterDispatch(draft: Draft, context: TechniqueContext): void {
  const { action, actionDigest } = draft;
  alterChange(draft, context);
  Object.assign(draft, { action, actionDigest });
}

export const alterations: readonly Technique[] = [
  { name: 'as it was asked for', weight: 4, consent: 'forged', forge: anyRoute },
  {
    name: 'asked for by somebody else',
    weight: 2,
    consent: 'forged',
    forge(draft, { stage, random }) {
      anyRoute(draft, { random });
      draft.requestedBy = random.pick([`member:${stage.eve.id}`, 'member:user_nobody', 'service:orchestrator']);
    },
  },
  {
    name: 'approved by who asked for it',
    weight: 2,
    consent: 'Adam’s',
    forge(draft, { stage, random }) {
      anyRoute(draft, { random });
      draft.requestedBy = `member:${stage.adam.id}`;
    },
  },
  {
    name: 'said to need no passkey, nor a second person, nor an approval',
    weight: 2,
    consent: 'forged',
    forge(draft, { stage, random }) {
      anyRoute(draft, { random });
      draft.more.push(
        () =>
          stage.superuser.query('update approvals set passkey_required = false, approvers_required = 1 where id = $1', [
            draft.asked.approvalId,
          ]),
        () =>
          stage.superuser.query(
            `update policy_decisions set decision = 'allow', approvers = 0, effects = '[]', reasons = '[]' where run_id = $1`,
            [draft.asked.runId],
          ),
      );
    },
  },
  {
    name: 'without an approval',
    weight: 2,
    consent: 'none',
    forge(draft) {
      draft.dispatch.approvalId = null;
    },
  },
  {
    name: 'called reading',
    weight: 3,
    consent: 'forged',
    forge(draft, { random }) {
      draft.dispatch.readOnly = true;
      if (random.chance(0.5)) draft.dispatch.approvalId = null;
    },
  },
  {
    name: 'resting on another change’s approval',
    weight: 3,
    consent: 'none',
    forge(draft, { spent, stage, random }) {
      draft.dispatch.approvalId = spent.approvalId;
      const moved = random.chance(0.5);
      draft.more.push(() =>
        stage.superuser.query('update approvals set used_at = null, run_id = $2 where id = $1', [
          ...[spent.approvalId, moved ? draft.asked.runId : spent.runId],
        ]),
      );
    },
  },
  {
    name: 'approved over the API, for satellites that are said to want no passkey',
    weight: 2,
    consent: 'none',
    forge(draft, { stage }) {
      draft.route = null;
      const say = (count: number) =>
        stage.superuser.query('update satellites set passkeys_to_change = $2 where organization_id = $1', [
          ...[stage.organizationId, count],
        ]);
      draft.more.push(
        () => say(0),
        () =>
          stage.superuser.query('update approvals set passkey_required = false where id = $1', [
            draft.asked.approvalId,
          ]),
        () => approveOverApi(draft, stage, undefined),
        () => say(1),
      );
    },
  },
  {
    name: 'approved over the API, with a passkey registered as Adam’s',
    weight: 2,
    consent: 'none',
    forge(draft, { stage }) {
      draft.route = null;
      const { hostname, origin } = new URL(stage.cloud.stack.frontUrl);
      const challenge = actionChallenge(draft.actionDigest);
      const assertion = stage.eve.passkey.assert(challenge, { rpId: hostname, origin });
      const { publicKey, credentialId } = stage.eve.passkey;
      draft.more.push(
        () =>
          stage.superuser.query(
            `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
             values ($1, $2, $3, $4, 0, 'singleDevice', false) on conflict do nothing`,
            ['pass_of_eve', Buffer.from(publicKey, 'base64url').toString('base64'), stage.adam.id, credentialId],
          ),
        () => approveOverApi(draft, stage, assertion),
        () => stage.superuser.query(`delete from identity.passkey where id = 'pass_of_eve'`),
      );
    },
  },
  // The change.
  {
    name: 'another change, in all that says what was approved',
    weight: 6,
    consent: 'forged',
    forge(draft, context) {
      anyRoute(draft, context);
      alterChange(draft, context);
    },
  },
  {
    name: 'another change, in the dispatch alone',
    weight: 3,
    consent: 'forged',
    forge: alterDispatch,
  },
  {
    name: 'another change than Adam signed for, in all that says what was approved',
    weight: 8,
    consent: 'Adam’s',
    forge(draft, context) {
      anyRoute(draft, context);
      alterChange(draft, context);
    },
  },
  {
    name: 'another change than Adam signed for, under the digest that he signed',
    weight: 3,
    consent: 'Adam’s',
    forge(draft, context) {
      anyRoute(draft, context);
      const { actionDigest } = draft;
      alterChange(draft, context);
      draft.actionDigest = actionDigest;
    },
  },
  {
    name: 'another change than Adam signed for, in the dispatch alone',
    weight: 4,
    consent: 'Adam’s',
    forge: alterDispatch,
  },
  {
    name: 'for longer than Adam signed for',
    weight: 4,
    consent: 'Adam’s',
    forge(draft, { random, stage }) {
      const expiresAt = new Date(Date.parse(draft.action.expiresAt) + random.between(1_000, 1e9)).toISOString();
      swapTimes(draft, { expiresAt });
      draft.more.push(() =>
        stage.superuser.query('update approvals set expires_at = $2 where id = $1', [
          draft.asked.approvalId,
          expiresAt,
        ]),
      );
    },
  },
  {
    name: 'before the time that Adam signed for',
    weight: 5,
    consent: 'Adam’s',
    isAhead: true,
    forge(draft, { random, stage }) {
      const now = inMs(-1_000);
      if (random.chance(0.7)) swapTimes(draft, { notBefore: now });
      else draft.dispatch.notBefore = now;
      if (random.chance(0.8))
        draft.more.push(() =>
          stage.superuser.query('update runs set start_at = $2, created_at = $2 where id = $1', [
            draft.asked.runId,
            now,
          ]),
        );
    },
  },
  {
    name: 'in another run than Adam signed for',
    weight: 3,
    consent: 'Adam’s',
    forge(draft, { spent, stage }) {
      const { runId } = spent;
      const { dispatch } = draft;
      dispatch.runId = runId;
      dispatch.step = `${dispatch.step}-again`;
      draft.nodes = draft.nodes.map((node) => ({
        ...node,
        executionId: executionIdFor(runId, dispatch.step, node.nodeId),
      }));
      draft.action = {
        ...draft.action,
        runId,
        commands: draft.action.commands.map((command) => ({ ...command, step: dispatch.step })),
      };
      draft.actionDigest = hashAction(draft.action).digest;
      draft.more.push(() =>
        stage.superuser.query('update approvals set run_id = $2 where id = $1', [draft.asked.approvalId, runId]),
      );
    },
  },
  {
    name: 'as the work of another execution, or assignment',
    weight: 3,
    consent: 'forged',
    forge(draft, { spent, random }) {
      if (random.chance(0.5)) draft.dispatch.assignmentEpoch = random.between(2, 1_000_000);
      const [spentCommand] = spent.action.commands;
      draft.nodes = draft.nodes.map((node) => ({
        ...node,
        executionId: executionIdFor(
          ...random.pick<[string, string, string]>([
            [draft.asked.runId, draft.dispatch.step, node.nodeId],
            [spent.runId, spentCommand?.step ?? '', node.nodeId],
            [newId('run'), draft.dispatch.step, node.nodeId],
          ]),
        ),
      }));
    },
  },
  {
    name: 'another organization’s run, for a satellite of this one',
    isSilent: true,
    weight: 2,
    consent: 'forged',
    forge(draft, { stage }) {
      const { organizationId } = stage.eve;
      draft.dispatch.organizationId = organizationId;
      draft.action = { ...draft.action, organizationId };
      draft.actionDigest = hashAction(draft.action).digest;
      draft.more.push(
        () =>
          stage.superuser.query('update runs set organization_id = $2 where id = $1', [
            draft.asked.runId,
            organizationId,
          ]),
        () =>
          stage.superuser.query('update approvals set organization_id = $2 where id = $1', [
            ...[draft.asked.approvalId, organizationId],
          ]),
        () =>
          stage.superuser.query('update approval_decisions set organization_id = $2 where approval_id = $1', [
            ...[draft.asked.approvalId, organizationId],
          ]),
      );
    },
  },
  // What is told of it.
  {
    name: 'with a past that fits: events, audit and outbox say that it was approved and sent',
    weight: 3,
    consent: 'forged',
    forge(draft, { stage, random }) {
      anyRoute(draft, { random });
      const { superuser, organizationId, adam } = stage;
      const { runId, approvalId } = draft.asked;
      const decided = { type: 'approval.decided', approvalId, decision: 'approve', by: 'adam', reason: null };
      draft.more.push(
        () =>
          superuser.query(
            `insert into run_events (organization_id, run_id, seq, data) select $1, $2, max(seq) + 1, $3 from run_events where run_id = $2`,
            [organizationId, runId, JSON.stringify(decided)],
          ),
        () => superuser.query('update runs set last_event_seq = last_event_seq + 1 where id = $1', [runId]),
        () =>
          superuser.query(
            `with event as (
               insert into audit_events (id, organization_id, action, actor, subject, run_id) values ($1, $2, 'approval.approved', $3, $4, $5) returning id
             ) insert into audit_unsealed (organization_id, event_id) select $2, id from event`,
            [newId('audit'), organizationId, `member:${adam.id}`, approvalId, runId],
          ),
        () =>
          superuser.query(
            `insert into outbox (organization_id, job, run_id) values ($1, 'advanceRun', $2), ($1, 'signDispatches', $2)`,
            [organizationId, runId],
          ),
      );
    },
  },
  {
    name: 'with other values in any columns of its rows',
    isSilent: true,
    weight: 24,
    consent: 'forged',
    forge(draft, { random, anyColumn }) {
      anyRoute(draft, { random });
      const count = random.between(1, 4);
      for (let done = 0; done < count; done += 1) draft.more.push(() => anyColumn.alterRun(draft.asked.runId, random));
    },
  },
];

function anyRoute(draft: Draft, { random }: Pick<TechniqueContext, 'random'>): void {
  draft.route = random.pick(['orchestrator', 'signer'] as const);
}

/** Where they are told no, nothing has come of it. */
async function approveOverApi(draft: Draft, { adam }: Stage, assertion: SoftwareAssertion | undefined): Promise<void> {
  const { approvalId, actionDigest } = draft.asked;
  const body = { decision: 'approve', actionDigest, ...(assertion === undefined ? {} : { assertion }) };
  const { status, body: answer } = await adam.api.post<{ code?: string }>(`/v1/approvals/${approvalId}/decision`, body);
  if (status !== 200) draft.refusal = `the API: ${answer.code}`;
}
