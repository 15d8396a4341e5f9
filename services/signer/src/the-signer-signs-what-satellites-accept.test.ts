import { randomBytes } from 'node:crypto';
import { decideApproval } from '@sena/approvals/decide-approval';
import { requestApproval } from '@sena/approvals/request-approval';
import type { Action } from '@sena/contracts/envelope';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { actionChallenge, actionDigest } from '@sena/envelope/action-digest';
import { importPublicKey } from '@sena/envelope/dispatch-key';
import { type VerifiedEnvelope, verifyEnvelope } from '@sena/envelope/verify-envelope';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { loadCedar } from '@sena/policy/rules/load-cedar';
import type { JobQueue } from '@sena/queue/open-queue';
import { closeUnsentDispatches } from '@sena/runs/execution/close-executions';
import { type Bench, member, openBench } from '@sena/runs/fixtures/open-bench';
import { createRun } from '@sena/runs/run/create-run';
import { lockRunsOfDispatches } from '@sena/runs/run/lock-runs';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { openSignals, type Signals } from '@sena/signals/open-signals';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededNode } from '@sena/testing/seed-fleet';
import { createSoftwarePasskey, type SoftwareAssertion, type SoftwarePasskey } from '@sena/testing/software-passkey';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SignerEnv } from './env.ts';
import { ensureDispatchKeys } from './keys/ensure-dispatch-keys.ts';
import { readDispatchesToSign } from './signing/read-dispatch.ts';
import { signDispatches } from './signing/sign-dispatch.ts';
import { startSigning } from './signing/start-signing.ts';
import { type Signer, startSigner } from './start-signer.ts';

const masterKey = randomBytes(32);
const change = 'systemctl restart nginx';
const passkeyPage = { rpId: 'localhost', origin: 'http://localhost:4700' };

let bench: Bench;
let pool: Pool;
let fleet: SeededFleet;
let signer: Signer;
let log: Array<Record<string, unknown>>;
const logger = createLogger('signer', 'info', { write: (line) => log.push(JSON.parse(line)) });

const envOf = (key: Buffer): SignerEnv => ({
  HOST: '127.0.0.1',
  PORT: 0,
  LOG_LEVEL: 'info',
  DATABASE_URL: bench.database.urls.signer,
  QUEUE_DATABASE_URL: bench.database.urls.queue,
  PUBLIC_URL: `${passkeyPage.origin}/`,
  MASTER_KEY: key.toString('base64'),
  CHECKPOINT_EVERY_RECORDS: 1_000,
  CHECKPOINT_EVERY_MS: 60_000,
});

beforeAll(async () => {
  log = [];
  bench = await openBench();
  pool = openPool(bench.database.urls.signer, { max: 4, applicationName: 'test', onError: () => undefined });
  signer = await startSigner(envOf(masterKey), logger, 50);
});
afterAll(async () => {
  await signer.stop();
  await pool.end();
  await bench.close();
});
beforeEach(async () => {
  log.length = 0;
  fleet = await bench.seedFleet({ nodes: 3 });
  await beMember('approver');
});

/** As identity knows whoever approves here; null: not any more. */
async function beMember(role: string | null): Promise<void> {
  await bench.admin.query('set session_replication_role = replica');
  await bench.admin.query(`delete from identity."member" where "userId" = 'user_approver'`);
  if (role !== null) {
    await bench.admin.query(
      `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ('memb_approver', $1, 'user_approver', $2, now())`,
      [fleet.organizationId, role],
    );
  }
  await bench.admin.query('reset session_replication_role');
}

const envelopeOf = async (dispatchId: string) =>
  (await bench.admin.query('select key_id, jws from dispatch_envelopes where dispatch_id = $1', [dispatchId])).rows[0];
const signed = (dispatchId: string) => eventually('it is signed', () => envelopeOf(dispatchId), { timeoutMs: 20_000 });
async function verify(dispatchId: string): Promise<VerifiedEnvelope> {
  const { jws } = await signed(dispatchId);
  const keys = await bench.inFleet(fleet, (transaction) =>
    transaction.query<{ id: string; public_key: string }>('select id, public_key from dispatch_keys'),
  );
  return verifyEnvelope(jws, {
    keys: new Map(keys.rows.map((row) => [row.id, importPublicKey(row.public_key)])),
    organizationId: fleet.organizationId,
    satelliteId: fleet.satellites[0]?.id as string,
    now: new Date(),
    clockSkewMsMax: 30_000,
  });
}
const outcomesOf = async (dispatchId: string) =>
  (
    await bench.admin.query(
      `select distinct o.kind, o.reason, o.detail from outcomes o join executions e on e.id = o.execution_id where e.dispatch_id = $1`,
      [dispatchId],
    )
  ).rows;
const refused = (dispatchId: string) =>
  eventually('it is refused', async () => (await outcomesOf(dispatchId))[0], { timeoutMs: 20_000 });

const node = () => fleet.nodes[0] as SeededNode;

/** A dispatch of `change` that rests on an approval by a second person; `alter` comes before the signer can see it. */
async function approvedChange(
  runId: string,
  alter: (approved: {
    approvalId: string;
    action: Action;
  }) => Partial<{ command: string; readOnly: boolean }> | Promise<object> = () => ({}),
): Promise<string> {
  const satelliteId = fleet.satellites[0]?.id as string;
  const limits = { timeoutMs: 60_000, outputBytesMax: 1_048_576 };
  const action: Action = {
    v: 1,
    organizationId: fleet.organizationId,
    runId,
    approvalNonce: randomBytes(18).toString('base64url'),
    notBefore: new Date(Date.now() - 1_000).toISOString(),
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    commands: [
      {
        step: 's1',
        shell: 'sh',
        command: change,
        environment: {},
        limits,
        nodes: fleet.nodes.map((node) => ({ ...node, satelliteId })),
      },
    ],
  };
  const approvalId = await bench.inFleet(fleet, async (transaction) => {
    const asked = {
      ...{ requestedBy: 'member:user_asker', requestedByName: 'Asker', requestedKey: null },
      actor: 'service:test' as const,
    };
    const wanted = { approversRequired: 1, passkeyRequired: false } as const;
    const id = await requestApproval(transaction, { runId, action, effects: [], reasons: [], ...asked, ...wanted });
    const by = { ...member(fleet.organizationId, 'user_approver'), role: 'approver' } as const;
    await decideApproval(transaction, { approvalId: id, by, decision: 'approve' });
    return id;
  });
  const altered = await alter({ approvalId, action });
  return bench.writeDispatch(fleet, runId, { command: change, readOnly: false, limits, approvalId, ...altered });
}

test('a dispatch is signed with a key of its organization, and the satellite’s own check accepts every byte', async () => {
  const rung: unknown[] = [];
  const signals = await openSignals({ kind: 'postgres', url: bench.database.urls.app });
  await signals.listen(fleet.organizationId, 'dispatchReady', (data) => void rung.push(data));
  const runId = await bench.createRun(fleet);
  const dispatchId = await bench.writeDispatch(fleet, runId);
  const verified = await verify(dispatchId);
  expect(verified).toMatchObject({
    kind: 'verified',
    envelope: {
      dispatchId,
      runId,
      organizationId: fleet.organizationId,
      command: 'uptime',
      readOnly: true,
      approvals: [],
    },
  });
  if (verified.kind === 'verified') {
    const inEnvelope = verified.envelope.nodes.map(({ executionId: _, ...node }) => node);
    expect(inEnvelope).toEqual(fleet.nodes);
    expect(verified.envelope.nodes.map((node) => node.executionId).sort()).toEqual(
      (await bench.executionsOf(dispatchId)).toSorted(),
    );
  }
  await eventually('the relay’s doorbell rings', () => rung.length > 0);
  expect(rung).toEqual([{ satelliteId: fleet.satellites[0]?.id }]);
  await signals.close();
  const audit = await bench.admin.query(
    `select actor, data from audit_events where subject = $1 and action = 'dispatch.signed'`,
    [dispatchId],
  );
  expect(audit.rows).toMatchObject([{ actor: 'service:signer', data: { readOnly: true, approvalId: null } }]);
});

test('an approved change is signed with its approval, which is used by that', async () => {
  const runId = await bench.createRun(fleet);
  const dispatchId = await approvedChange(runId);
  expect(await verify(dispatchId)).toMatchObject({
    kind: 'verified',
    envelope: {
      readOnly: false,
      command: change,
      approvals: [{ requestedBy: 'member:user_asker', decidedBy: 'member:user_approver' }],
    },
  });
  const used = await bench.admin.query('select used_at from approvals where run_id = $1', [runId]);
  expect(used.rows[0].used_at).toBeInstanceOf(Date);
});

describe('is refused, with the reason at each execution', () => {
  const alter =
    (sql: string) =>
    async ({ approvalId }: { approvalId: string }) => {
      await bench.admin.query(`update approvals set ${sql} where id = $1`, [approvalId]);
      return {};
    };
  const cases: Array<[string, Parameters<typeof approvedChange>[1], RegExp]> = [
    [
      'a command altered in the approval',
      alter(`action = jsonb_set(action, '{commands,0,command}', '"systemctl restart apache2"')`),
      /altered after it was given/,
    ],
    [
      'a node altered in the approval',
      alter(`action = jsonb_set(action, '{commands,0,nodes,0,address}', '"10.9.9.9"')`),
      /altered/,
    ],
    ['an action that is none', alter(`action = '{"v": 2}'`), /no readable action/],
    ['a yes of who asked', alter(`requested_by = 'member:user_approver'`), /Its requester approved it/],
    ['a yes of who was removed meanwhile', () => beMember(null).then(() => ({})), /and has that of 0/],
    ['a yes of who may not decide any more', () => beMember('operator').then(() => ({})), /and has that of 0/],
    ['a yes taken back', alter(`status = 'rejected'`), /Its approval is rejected/],
    ['a command changed after the approval', () => ({ command: 'systemctl restart apache2' }), /not what was approved/],
    ['a change that says it is read-only', () => ({ readOnly: true }), /called read-only, and it is not/],
  ];
  test.each(cases)('%s', async (_what, how, detail) => {
    const runId = await bench.createRun(fleet);
    const dispatchId = await approvedChange(runId, how);
    expect(await refused(dispatchId)).toEqual({
      kind: 'not_started',
      reason: 'signer_refused',
      detail: expect.stringMatching(detail),
    });
    expect(await envelopeOf(dispatchId)).toBeUndefined();
    const run = await bench.admin.query('select not_started_count as n, wake_count from runs where id = $1', [runId]);
    expect(run.rows[0]).toEqual({ n: 3, wake_count: 2 });
    const audit = await bench.admin.query(
      `select actor from audit_events where subject = $1 and action = 'dispatch.refused'`,
      [dispatchId],
    );
    expect(audit.rows).toEqual([{ actor: 'service:signer' }]);
  });

  test('what a policy forbids by now on nodes as they are now, although it was approved', async () => {
    await bench.admin.query(
      `insert into policies (organization_id, name, text, version, updated_by, updated_by_name) values ($1, 'freeze', $2, 1, 'member:m', 'M')`,
      [
        fleet.organizationId,
        'forbid (principal, action == Action::"controls_service", resource) when { resource.hasTag("frozen") };',
      ],
    );
    const before = await approvedChange(await bench.createRun(fleet));
    expect(await verify(before)).toMatchObject({ kind: 'verified' });
    await bench.admin.query(`update nodes set labels = '{"frozen":"yes"}' where id = $1`, [node().nodeId]);
    expect(await refused(await approvedChange(await bench.createRun(fleet)))).toMatchObject({
      reason: 'signer_refused',
      detail: expect.stringMatching(/is denied because .*systemctl restart.*, rule freeze \(on 1 of 3 nodes/),
    });
    const reading = await bench.writeDispatch(fleet, await bench.createRun(fleet));
    expect(await verify(reading)).toMatchObject({ kind: 'verified' });
  });

  test('a change that no person wrote, although a policy lets it run alone, whatever the orchestrator says of its planner', async () => {
    await bench.admin.query(
      `insert into policies (organization_id, name, text, version, updated_by, updated_by_name) values ($1, 'restarts', $2, 1, 'member:m', 'M')`,
      [fleet.organizationId, 'permit (principal, action == Action::"controls_service", resource);'],
    );
    const runOf = (kind: 'ask' | 'command', planner: string) =>
      bench.inFleet(fleet, async (transaction) => {
        const words = kind === 'ask' ? { prompt: 'why?', command: null } : { prompt: null, command: change };
        const rest = { runbook: null, selector: '*', traceparent: 'trace', requestedBy: member(fleet.organizationId) };
        const { id } = await createRun(transaction, { kind, ...words, ...rest });
        await transaction.query('update runs set planner = $2 where id = $1', [id, planner]);
        return id;
      });
    const alone = (runId: string, command = change) => bench.writeDispatch(fleet, runId, { command, readOnly: false });

    expect(await verify(await alone(await runOf('command', 'none')))).toMatchObject({
      kind: 'verified',
      envelope: { command: change, approvals: [] },
    });
    for (const [runId, command, proposer] of [
      [await runOf('ask', 'model'), change, 'model'],
      [await runOf('ask', 'runbook'), change, 'runbook'],
      [await runOf('ask', 'none'), change, 'runbook'],
      [await runOf('command', 'none'), 'systemctl restart sshd', 'runbook'],
    ] as const) {
      expect(await refused(await alone(runId, command))).toMatchObject({
        ...{ kind: 'not_started', reason: 'signer_refused' },
        detail: expect.stringMatching(
          `^It has no approval, and needs approval because a ${proposer} proposed it and .systemctl restart. controls a service`,
        ),
      });
    }
    // No service may say afterwards that somebody wrote it.
    const runId = await runOf('ask', 'model');
    for (const set of [`kind = 'command'`, `command = '${change}'`]) {
      const rewritten = bench.inFleet(fleet, (transaction) =>
        transaction.query(`update runs set ${set} where id = $1`, [runId]),
      );
      await expect(rewritten).rejects.toThrow(/permission denied/);
    }
  });

  test('a change without an approval', async () => {
    const dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet), { command: change });
    expect(await refused(dispatchId)).toMatchObject({ kind: 'not_started', reason: 'signer_refused' });
  });

  test('a run that was cancelled, in the word for it', async () => {
    const runId = await bench.createRun(fleet);
    await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    const dispatchId = await bench.writeDispatch(fleet, runId);
    expect(await refused(dispatchId)).toMatchObject({ kind: 'not_started', reason: 'cancelled' });
  });

  test('more than one frame can carry', async () => {
    const nodes = Array.from({ length: 800 }, (_, n) => ({
      ...node(),
      nodeId: `node_${n}`,
      name: `${n}`.padEnd(4_000, 'x'),
    }));
    const dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet), { nodes });
    expect(await refused(dispatchId)).toMatchObject({ detail: expect.stringMatching(/names 800 nodes/) });
  });
});

describe('where policy asks for a passkey, an approval counts', () => {
  /** As identity keeps what somebody has registered. */
  async function register(userId: string, purpose = 'approval'): Promise<SoftwarePasskey> {
    const passkey = createSoftwarePasskey(passkeyPage);
    await bench.admin.query('set session_replication_role = replica');
    await bench.admin.query(
      `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", purpose)
       values ($1, $2, $3, $1, 0, 'singleDevice', false, $4)`,
      [passkey.credentialId, Buffer.from(passkey.publicKey, 'base64url').toString('base64'), userId, purpose],
    );
    await bench.admin.query('reset session_replication_role');
    return passkey;
  }
  /** Written by who may write anything, past the API. */
  const stored =
    (make: (challenge: string) => SoftwareAssertion) =>
    async ({ approvalId, action }: { approvalId: string; action: Action }) => {
      await bench.admin.query('update approvals set passkey_required = true where id = $1', [approvalId]);
      await bench.admin.query(
        `insert into approval_assertions (organization_id, approval_id, decided_by, assertion) values ($1, $2, 'member:user_approver', $3)`,
        [fleet.organizationId, approvalId, JSON.stringify(make(actionChallenge(actionDigest(action))))],
      );
      return {};
    };

  test('when it was made by a passkey that is registered to who approved, over this very action', async () => {
    const passkey = await register('user_approver');
    const dispatchId = await approvedChange(
      await bench.createRun(fleet),
      stored((challenge) => passkey.assert(challenge)),
    );
    expect(await verify(dispatchId)).toMatchObject({
      kind: 'verified',
      envelope: { approvals: [{ assertion: { credentialId: passkey.credentialId } }] },
    });
  });

  const none = /and has that of 0\. A passkey that is not registered for approvals to who decided does not count/;
  const wrong = (why: string) =>
    new RegExp(`the signature that is stored for member:user_approver ${why}.*Find out who wrote it`);
  const forgeries: Array<
    [string, (own: SoftwarePasskey) => Promise<(challenge: string) => SoftwareAssertion>, RegExp]
  > = [
    [
      'by another key, under the name of theirs',
      async ({ credentialId }) => {
        const other = createSoftwarePasskey(passkeyPage);
        return (challenge) => ({ ...other.assert(challenge), credentialId });
      },
      wrong('was not made by the listed key'),
    ],
    [
      'over another action',
      async (own) => () => own.assert(actionChallenge(`sha256:${'0'.repeat(64)}`)),
      wrong('is over something else than this action'),
    ],
    [
      'made on another page',
      async (own) => (challenge) => own.assert(challenge, { origin: 'https://sena.example.org' }),
      wrong('was made on'),
    ],
    [
      'made where nobody showed that they are there',
      async (own) => (challenge) => own.assert(challenge, { flags: 0b0000_0001 }),
      wrong('is not right'),
    ],
    [
      'by a passkey that nobody has registered',
      async () => (challenge) => createSoftwarePasskey(passkeyPage).assert(challenge),
      none,
    ],
    [
      'by the passkey of somebody else',
      async () => {
        const theirs = await register('user_asker');
        return (challenge) => theirs.assert(challenge);
      },
      none,
    ],
    [
      'by a passkey that signs in',
      async () => {
        const signsIn = await register('user_approver', 'sign_in');
        return (challenge) => signsIn.assert(challenge);
      },
      none,
    ],
  ];
  test.each(forgeries)('not when it was made %s', async (_what, forge, detail) => {
    const make = await forge(await register('user_approver'));
    const dispatchId = await approvedChange(await bench.createRun(fleet), stored(make));
    expect(await refused(dispatchId)).toEqual({
      kind: 'not_started',
      reason: 'signer_refused',
      detail: expect.stringMatching(detail),
    });
    expect(await envelopeOf(dispatchId)).toBeUndefined();
  });

  test('not when nothing was signed', async () => {
    const dispatchId = await approvedChange(await bench.createRun(fleet), async ({ approvalId }) => {
      await bench.admin.query('update approvals set passkey_required = true where id = $1', [approvalId]);
      return {};
    });
    expect(await refused(dispatchId)).toMatchObject({
      detail: expect.stringMatching(/a person with a passkey, .*has that of 0/),
    });
  });
});

test('while others write to its run it is signed all the same, and refused once they are done', async () => {
  const runId = await bench.createRun(fleet);
  await ensureDispatchKeys(pool, masterKey);
  const judges = { parser: await loadBashParser(), cedar: await loadCedar(), passkeyPage };
  const sign = (dispatchId: string) => signDispatches(pool, masterKey, judges, fleet.organizationId, [dispatchId]);
  await signer.stop();
  const dispatchId = await bench.writeDispatch(fleet, runId, { step: 's1' });
  const unapproved = await bench.writeDispatch(fleet, runId, { step: 's2', command: change });
  let refusing: Promise<unknown> = Promise.resolve();
  await bench.inFleet(fleet, async (transaction) => {
    await lockRunsOfDispatches(transaction, [dispatchId]);
    expect(await sign(dispatchId)).toMatchObject({ signed: [{ dispatchId }], refused: [] });
    refusing = sign(unapproved);
    await eventually('the refusal waits for the run', async () => {
      const waiting = await bench.admin.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return waiting.rowCount === 1;
    });
    expect(await outcomesOf(unapproved)).toEqual([]);
  });
  expect(await refusing).toMatchObject({ signed: [], refused: [{ dispatchId: unapproved }] });
  expect(await outcomesOf(unapproved)).toMatchObject([{ kind: 'not_started', reason: 'signer_refused' }]);
  signer = await startSigner(envOf(masterKey), logger, 50);
});

test('what a cancel closes while it is being signed stays closed, and never leaves', async () => {
  const runId = await bench.createRun(fleet);
  await ensureDispatchKeys(pool, masterKey);
  const judges = { parser: await loadBashParser(), cedar: await loadCedar(), passkeyPage };
  await signer.stop();
  const dispatchId = await bench.writeDispatch(fleet, runId);
  let cancelling: Promise<unknown> = Promise.resolve();
  // The signer has read that nobody cancels, and holds the dispatch.
  await inOrganization(pool, fleet.organizationId, async (transaction) => {
    const [read] = await readDispatchesToSign(transaction, [dispatchId], {
      ...{ runs: 'free', withNodeFacts: false, passkeyPage },
    });
    expect(read).toMatchObject({ id: dispatchId, run: { cancelRequested: false } });
    cancelling = bench.inFleet(fleet, async (other) => {
      await requestCancel(other, runId, { ref: 'member:m', key: null });
      const outcome = { kind: 'not_started', reason: 'cancelled', detail: 'The run was cancelled.' } as const;
      return closeUnsentDispatches(other, [dispatchId], outcome, 'service:test');
    });
    await eventually('the cancel waits for the dispatch', async () => {
      const waiting = await bench.admin.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return waiting.rowCount === 1;
    });
  });
  await cancelling;
  expect(await signDispatches(pool, masterKey, judges, fleet.organizationId, [dispatchId])).toMatchObject({
    signed: [],
    refused: [],
  });
  expect(await outcomesOf(dispatchId)).toMatchObject([{ kind: 'not_started', reason: 'cancelled' }]);
  signer = await startSigner(envOf(masterKey), logger, 50);
});

describe('keys', () => {
  test('two signers at once make one key for each organization', async () => {
    const made = await Promise.all([ensureDispatchKeys(pool, masterKey), ensureDispatchKeys(pool, masterKey)]);
    const keys = await bench.admin.query('select 1 from dispatch_keys where organization_id = $1', [
      fleet.organizationId,
    ]);
    expect(keys.rowCount).toBe(1);
    expect(made[0] + made[1]).toBeLessThanOrEqual(1);
  });

  test('two signers at once sign one envelope', async () => {
    const dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet));
    await ensureDispatchKeys(pool, masterKey);
    const judges = { parser: await loadBashParser(), cedar: await loadCedar(), passkeyPage };
    const signing = () => signDispatches(pool, masterKey, judges, fleet.organizationId, [dispatchId]);
    await Promise.all([signing(), signing(), signing()]);
    const found = await bench.admin.query('select 1 from dispatch_envelopes where dispatch_id = $1', [dispatchId]);
    expect(found.rowCount).toBe(1);
    const audit = await bench.admin.query(
      `select 1 from audit_events where subject = $1 and action = 'dispatch.signed'`,
      [dispatchId],
    );
    expect(audit.rowCount).toBe(1);
  });

  test('one organization whose key can not be opened does not hold up the others, and is tried again', async () => {
    const broken = fleet;
    await ensureDispatchKeys(pool, masterKey);
    const sound = await bench.admin.query('select ciphertext from dispatch_private_keys where organization_id = $1', [
      broken.organizationId,
    ]);
    await bench.admin.query(`update dispatch_private_keys set ciphertext = '\\x00' where organization_id = $1`, [
      broken.organizationId,
    ]);
    const stuck = await bench.writeDispatch(broken, await bench.createRun(broken));
    fleet = await bench.seedFleet();
    expect(await verify(await bench.writeDispatch(fleet, await bench.createRun(fleet)))).toMatchObject({
      kind: 'verified',
    });
    expect(await envelopeOf(stuck)).toBeUndefined();
    expect(await outcomesOf(stuck)).toEqual([]);
    await eventually('it is logged', () => log.some((line) => line.dispatchId === stuck && line.level === 'error'));
    await bench.admin.query('update dispatch_private_keys set ciphertext = $2 where organization_id = $1', [
      broken.organizationId,
      sound.rows[0].ciphertext,
    ]);
    await signed(stuck);
  });

  test('why several could not be signed together is logged, besides what came of each', async () => {
    await ensureDispatchKeys(pool, masterKey);
    const key = 'dispatch_private_keys where organization_id = $1';
    const sound = (await bench.admin.query(`select ciphertext from ${key}`, [fleet.organizationId])).rows[0].ciphertext;
    const setKey = (ciphertext: Buffer) =>
      bench.admin.query('update dispatch_private_keys set ciphertext = $2 where organization_id = $1', [
        fleet.organizationId,
        ciphertext,
      ]);
    await setKey(Buffer.alloc(1));
    const runId = await bench.createRun(fleet);
    const stuck = [
      await bench.writeDispatch(fleet, runId, { step: 's1' }),
      await bench.writeDispatch(fleet, runId, { step: 's2' }),
    ];
    const together = await eventually('the batch is logged', () =>
      log.find((line) => Array.isArray(line.dispatchIds) && line.dispatchIds.length === 2),
    );
    expect(together).toMatchObject({
      dispatchIds: expect.arrayContaining(stuck),
      err: { message: expect.any(String) },
    });
    await setKey(sound);
    for (const dispatchId of stuck) await signed(dispatchId);
  });

  test('the public half is the organization’s to read, the private half is not', async () => {
    await ensureDispatchKeys(pool, masterKey);
    const read = (table: string) => bench.inFleet(fleet, (transaction) => transaction.query(`select * from ${table}`));
    expect((await read('dispatch_keys')).rows).toHaveLength(1);
    await expect(read('dispatch_private_keys')).rejects.toMatchObject({ code: '42501' });
  });
});

test('what waited before the signer came is signed when it comes, and a cut connection does not stop it', async () => {
  const waiting = await bench.writeDispatch(fleet, await bench.createRun(fleet));
  await signer.stop();
  const later = await bench.writeDispatch(fleet, await bench.createRun(fleet), { step: 'later' });
  signer = await startSigner(envOf(masterKey), logger, 50);
  expect([await verify(waiting), await verify(later)]).toMatchObject([{ kind: 'verified' }, { kind: 'verified' }]);
  await bench.admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'sena_signer'`,
  );
  const after = await bench.writeDispatch(fleet, await bench.createRun(fleet), { step: 'after' });
  expect(await verify(after)).toMatchObject({ kind: 'verified' });
  expect((await fetch(`http://127.0.0.1:${signer.port}/readyz`)).status).toBe(200);
});

test('a dispatch whose doorbell can not be rung is signed, and nothing says that it is not', async () => {
  await signer.stop();
  const dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet));
  const deaf = { ring: () => Promise.reject(new Error('no bell')) } as unknown as Signals;
  const queue = { add: () => Promise.reject(new Error('no queue')) } as unknown as JobQueue;
  const judges = { parser: await loadBashParser(), cedar: await loadCedar(), passkeyPage };
  const signing = startSigning({ pool, masterKey, judges, queue, signals: deaf, logger, pollMs: 600_000 });
  await signing.look();
  await signing.stop();
  expect(await verify(dispatchId)).toMatchObject({ kind: 'verified' });
  expect(log.filter((line) => line.level === 'error')).toEqual([]);
  const warnings = log.filter((line) => line.level === 'warn' && line.organizationId === fleet.organizationId);
  expect(warnings).toMatchObject([{ err: { message: 'no bell' } }]);
  signer = await startSigner(envOf(masterKey), logger, 50);
});

test('nothing secret is in the log', async () => {
  const everything = JSON.stringify(log);
  const sealed = await bench.admin.query<{ jws: string }>('select jws from dispatch_envelopes limit 1');
  expect(everything).not.toContain(sealed.rows[0]?.jws);
  expect(everything).not.toContain(masterKey.toString('base64'));
});
