// What a superuser forges beside the approval: the change itself, what it rests on, who it is for, what is signed, or what ran before. Entered by
// attack-as-superuser, which writes what each has made of a draft.
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { executionIdFor, newId } from '@sena/contracts/ids';
import { actionChallenge, hashAction } from '@sena/envelope/action-digest';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import type { SoftwareAssertion } from '@sena/testing/software-passkey';
import type pg from 'pg';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import { mutateBytes } from '../../fuzz/mutate/mutate-bytes.ts';
import { mutateValue } from '../../fuzz/mutate/mutate-value.ts';
import type { AnyColumn } from './any-column.ts';
import { type Asked, type Draft, swapCommand, swapNodes, swapTimes } from './draft.ts';
import type { Stage } from './open-stage.ts';

/** A change that Adam approved and that ran. */
export interface Spent extends Asked {
  readonly dispatchId: string;
  readonly satelliteId: string;
  readonly assertion: SoftwareAssertion;
  readonly keyId: string;
  readonly jws: string;
}

export interface TechniqueContext {
  readonly stage: Stage;
  readonly random: SeededRandom;
  /** A line that nobody was ever asked about. */
  readonly forged: string;
  readonly spent: Spent;
  /** Signed by the same key, for a satellite that is away, and by the other organization's. */
  readonly ofAbsent: { readonly keyId: string; readonly jws: string };
  readonly ofEve: { readonly keyId: string; readonly jws: string };
  readonly anyColumn: AnyColumn;
}

export interface Technique {
  readonly name: string;
  /** Of how many attacks of a round. */
  readonly weight: number;
  /** Whose consent: forged in one of the ways there are; Adam's own, over what he was shown; or none is needed for what it does. */
  readonly consent: 'forged' | 'Adam’s' | 'none';
  /** It is asked for ahead of its time. */
  readonly isAhead?: true;
  /** Nobody need say anything about it. */
  readonly isSilent?: true;
  forge(draft: Draft, context: TechniqueContext): void | Promise<void>;
}

const otherSatellite = (draft: Draft, { satelliteIds }: Stage) =>
  satelliteIds.find((id) => id !== draft.dispatch.satelliteId) ?? '';
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

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

/** By a key of their own, as the signer would say it. */
async function selfSigned(
  draft: Draft,
  { stage }: TechniqueContext,
  { keyId, privateKey }: { keyId: string; privateKey: KeyObject },
): Promise<{ keyId: string; jws: string }> {
  return { keyId, jws: await signEnvelope(envelopeOf(draft, stage), { keyId, privateKey }) };
}

function envelopeOf({ dispatch, nodes, actionDigest, action, asked }: Draft, { adam }: Stage): DispatchEnvelope {
  const { id: dispatchId, approvalId: _, ...rest } = dispatch;
  const challenge = actionChallenge(actionDigest);
  return {
    ...{ v: 1, dispatchId, nonce: randomBytes(18).toString('base64url'), traceparent: null },
    ...(rest as Pick<DispatchEnvelope, keyof typeof rest & keyof DispatchEnvelope>),
    nodes,
    approvals: [
      {
        ...{ approvalId: asked.approvalId, actionDigest, requestedBy: asked.requestedBy },
        ...{ decidedBy: `member:${adam.id}`, decidedAt: dispatch.notBefore },
        proof: hashAction(action).proofOf(dispatch.satelliteId),
        // Even so: Adam's consent is not what the key's signature is for.
        assertion: adam.passkey.assert(challenge),
      },
    ],
  };
}

const ownKey = () => generateKeyPairSync('ed25519').privateKey;

/** What ran is to run again: its rows are set back, and what was answered is forgotten. */
function again(draft: Draft, { spent, stage }: TechniqueContext, change: (superuser: pg.Client) => Promise<unknown>) {
  const { superuser } = stage;
  draft.route = null;
  draft.about = spent.runId;
  draft.more.push(async () => {
    for (const table of ['outcomes', 'execution_starts', 'output_streams'])
      await superuser.query(
        `delete from ${table} where execution_id in (select id from executions where run_id = $1)`,
        [spent.runId],
      );
    await superuser.query(`update runs set status = 'running', finished_at = null where id = $1`, [spent.runId]);
    await superuser.query('update approvals set used_at = null where id = $1', [spent.approvalId]);
    await change(superuser);
    await superuser.query(
      `update dispatches set pending = total, sent_at = null, acked_at = null, expires_at = now() + interval '10 minutes'
       where run_id = $1 and superseded_at is null`,
      [spent.runId],
    );
  });
}

/** Under another id, so that it is signed, or sent, as one that was never heard of. */
function copyDispatch({ spent }: TechniqueContext, change: Readonly<Record<string, string>> = {}) {
  const values: Record<string, string> = {
    id: `'${newId('disp')}'`,
    assignment_epoch: 'assignment_epoch + 1',
    ...change,
  };
  return async (superuser: pg.Client) => {
    const { rows } = await superuser.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'dispatches'::regclass and attnum > 0 and not attisdropped`,
    );
    const columns = rows.map(({ name }) => name);
    await superuser.query(
      `insert into dispatches (${columns.join()}) select ${columns.map((name) => values[name] ?? name).join()} from dispatches where id = $1`,
      [spent.dispatchId],
    );
    await superuser.query(`update executions set dispatch_id = ${values.id} where dispatch_id = $1`, [
      spent.dispatchId,
    ]);
    await superuser.query(`update dispatches set pending = 0, sent_at = null, superseded_at = now() where id = $1`, [
      spent.dispatchId,
    ]);
  };
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export const techniques: readonly Technique[] = [
  // The approval.
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
  // The envelope.
  {
    name: 'signed by themselves, in the name of the organization’s key',
    weight: 3,
    consent: 'none',
    async forge(draft, context) {
      const { keyId } = context.spent;
      draft.envelope = await selfSigned(draft, context, { keyId, privateKey: ownKey() });
    },
  },
  {
    name: 'signed by themselves, with a key that they put among the organization’s',
    weight: 3,
    consent: 'none',
    async forge(draft, context) {
      const { superuser, organizationId } = context.stage;
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const keyId = newId('dkey');
      draft.envelope = await selfSigned(draft, context, { keyId, privateKey });
      draft.more.push(() =>
        // Retired, so that the signer does not look for its private half.
        superuser.query(
          `insert into dispatch_keys (id, organization_id, public_key, fingerprint, sequence, retired_at) values ($1, $2, $3, $1, 1, now())`,
          [keyId, organizationId, publicKey.export({ type: 'spki', format: 'der' }).toString('base64url')],
        ),
      );
    },
  },
  {
    name: 'signed by nobody, or with the public key as a secret',
    weight: 3,
    consent: 'none',
    forge(draft, { stage, spent, random }) {
      const { keyId: kid } = spent;
      const typ = 'sena-dispatch+jws';
      const payload = base64url(envelopeOf(draft, stage));
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const signedWith = (header: object) => {
        const text = `${base64url(header)}.${payload}`;
        return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
      };
      const jws = random.pick([
        () => `${base64url({ alg: 'none', typ, kid })}.${payload}.`,
        () => `${base64url({ alg: 'EdDSA', typ, kid })}.${payload}.${spent.jws.split('.')[2]}`,
        () => {
          const text = `${base64url({ alg: 'HS256', typ, kid })}.${payload}`;
          return `${text}.${createHmac('sha256', kid).update(text).digest('base64url')}`;
        },
        () => signedWith({ alg: 'EdDSA', typ, kid, jwk: publicKey.export({ format: 'jwk' }) }),
        () => signedWith({ alg: 'EdDSA', typ, kid: 'dkey_forged' }),
        () => signedWith({ alg: 'EdDSA', typ: 'sena-inquiry+jws', kid }),
      ])();
      draft.envelope = { keyId: kid, jws };
    },
  },
  {
    name: 'another change’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { spent }) {
      draft.envelope = spent;
    },
  },
  {
    name: 'another satellite’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { ofAbsent }) {
      draft.envelope = ofAbsent;
    },
  },
  {
    name: 'another organization’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { ofEve }) {
      draft.envelope = ofEve;
    },
  },
  {
    name: 'another change’s envelope, altered',
    weight: 4,
    consent: 'none',
    forge(draft, { spent, forged, random }) {
      const [header = '', payload = '', signature = ''] = spent.jws.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const altered = random.pick([
        () => base64url({ ...claims, dispatchId: draft.dispatch.id }),
        () => base64url({ ...claims, dispatchId: draft.dispatch.id, command: forged }),
        () => base64url({ ...claims, dispatchId: draft.dispatch.id, assignmentEpoch: claims.assignmentEpoch + 1 }),
        () => base64url({ ...claims, expiresAt: inMs(3_600_000), nonce: randomBytes(18).toString('base64url') }),
        () => base64url(mutateValue(claims, random)),
        () => mutateBytes(Buffer.from(payload, 'base64url'), Buffer.from(header), random).toString('base64url'),
      ])();
      draft.envelope = { keyId: spent.keyId, jws: `${header}.${altered}.${signature}` };
    },
  },
  // What ran.
  {
    name: 'what ran, sent again',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, nothingMore),
  },
  {
    name: 'what ran, signed again',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, unsign(context)),
  },
  {
    name: 'what ran, signed again as another assignment',
    weight: 3,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await unsign(context)(superuser);
        await superuser.query('update dispatches set assignment_epoch = $2 where id = $1', [
          ...[context.spent.dispatchId, context.random.between(2, 1_000_000)],
        ]);
      }),
  },
  {
    name: 'what ran, signed again as another dispatch',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => again(draft, context, copyDispatch(context)),
  },
  {
    name: 'what ran, signed again for the other satellite',
    weight: 3,
    consent: 'none',
    forge: (draft, context) => {
      const other = context.stage.satelliteIds.find((id) => id !== context.spent.satelliteId);
      again(draft, context, copyDispatch(context, { satellite_id: `'${other}'` }));
    },
  },
  {
    name: 'what ran, its envelope sent to the other satellite',
    weight: 2,
    consent: 'none',
    forge: (draft, context) => {
      const other = context.stage.satelliteIds.find((id) => id !== context.spent.satelliteId);
      again(draft, context, (superuser) =>
        superuser.query('update dispatches set satellite_id = $2, assignment_epoch = 2 where id = $1', [
          ...[context.spent.dispatchId, other],
        ]),
      );
    },
  },
  {
    name: 'what ran, signed again with other executions',
    weight: 2,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await copyDispatch(context)(superuser);
        await superuser.query('update executions set id = gen_random_uuid() where run_id = $1', [context.spent.runId]);
      }),
  },
  {
    name: 'what ran, with other values in any columns of its rows',
    isSilent: true,
    weight: 8,
    consent: 'none',
    forge: (draft, context) =>
      again(draft, context, async (superuser) => {
        await context.random.pick([copyDispatch(context), unsign(context), nothingMore])(superuser);
        for (let count = context.random.between(1, 3); count > 0; count -= 1)
          await context.anyColumn.alterRun(context.spent.runId, context.random);
      }),
  },
];

function anyRoute(draft: Draft, { random }: Pick<TechniqueContext, 'random'>): void {
  draft.route = random.pick(['orchestrator', 'signer'] as const);
}

const nothingMore = (_: pg.Client): Promise<unknown> => Promise.resolve();
const unsign =
  ({ spent }: TechniqueContext) =>
  (superuser: pg.Client): Promise<unknown> =>
    superuser.query('delete from dispatch_envelopes where dispatch_id = $1', [spent.dispatchId]);

/** Where they are told no, nothing has come of it. */
async function approveOverApi(draft: Draft, { adam }: Stage, assertion: SoftwareAssertion | undefined): Promise<void> {
  const { approvalId, actionDigest } = draft.asked;
  const body = { decision: 'approve', actionDigest, ...(assertion === undefined ? {} : { assertion }) };
  const { status, body: answer } = await adam.api.post<{ code?: string }>(`/v1/approvals/${approvalId}/decision`, body);
  if (status !== 200) draft.refusal = `the API: ${answer.code}`;
}
