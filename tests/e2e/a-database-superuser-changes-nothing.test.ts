// Whoever owns the database writes what they like into it: approvals, decisions, dispatches, keys. The signer signs what it is made to. At a
// satellite that demands a passkey nothing of that runs; with a listed person's passkey it does, once.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Action, DispatchEnvelope } from '@sena/contracts/envelope';
import type { Approval, ApprovalAction } from '@sena/contracts/http/approvals';
import type { Node, Site } from '@sena/contracts/http/fleet';
import { executionIdFor } from '@sena/contracts/ids';
import { openPool, type Pool } from '@sena/db/tenant';
import { actionChallenge, actionDigest, hashAction } from '@sena/envelope/action-digest';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { createSoftwarePasskey, type SoftwareAssertion } from '@sena/testing/software-passkey';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const page = { rpId: 'localhost', origin: 'http://localhost:7362' };
const adamsKey = createSoftwarePasskey(page);
const attackersKey = createSoftwarePasskey(page);

let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let owner: SenaApi;
let approver: SenaApi;
let adam: string;
let satellite: JoinedSatellite;
/** The superuser. */
let admin: Pool;
let serial = 0;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-superuser-'));
  const hosts = [{ name: 'ledger-1', labels: {}, faults: [] }];
  [cloud, lab] = await Promise.all([
    startCloud(),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'books', hosts }], kind: 'openssh' }),
  ]);
  site = lab.sites[0] as LabSite;
  admin = openPool(cloud.database.adminUrl, { max: 1, applicationName: 'superuser', onError: () => undefined });
  owner = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  adam = (await approver.get<{ user: { id: string } }>('/v1/me')).user.id;
  const { body: registered } = await owner.post<Site>('/v1/sites', { name: site.name });
  for (const { name, address, port, user, hostKey } of site.hosts) {
    await owner.post<Node>('/v1/nodes', { siteId: registered.id, name, address, port, runAs: user, hostKey });
  }
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  const { credentialId, publicKey } = adamsKey;
  const listed = { name: 'Adam', member: adam, rpId: page.rpId, origins: [page.origin], credentialId, publicKey };
  satellite = await joinSatellite({
    ...{ api: owner, siteId: registered.id, url: cloud.stack.frontUrl, enter: site.enter },
    directory: path.join(directory, 'sat-books'),
    config: {
      credentials: { default: { privateKeyFile: site.clientKeyPath } },
      knownHostsFile: site.knownHostsPath,
      policy: { passkeys: { requiredToChange: 1, approvers: [listed] } },
    },
  });
}, 90_000);

afterAll(async () => {
  await satellite?.stop();
  await admin?.end();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);
afterEach(async () => {
  await sql('drop trigger if exists forge on sena.dispatches; drop trigger if exists forge on sena.dispatch_envelopes');
  await sql('update sena.satellites set passkeys_to_change = 1');
});

const node = () => site.hosts[0] as LabHost;
/** Our own looks at the node go over its sshd, too. */
let looks = 0;
const changes = async () => {
  looks += 1;
  const { stdout } = await runOnHost(site, node(), 'cat /srv/changes 2>/dev/null || true', 20_000);
  return stdout.toString().split('\n').filter(Boolean);
};
/** How often anybody else ran anything on the node, as its sshd says. */
const sessions = async () =>
  (await node().sshdLog()).split('\n').filter((line) => line.includes('Starting session')).length - looks;
/** Dispatches that the satellite has looked at. */
const arrivals = () =>
  satellite.log().filter(({ msg }) => msg === 'a dispatch was journaled' || msg === 'a dispatch was refused').length;
/** Neither triggers nor references hold a superuser up. */
async function sql(text: string, values: unknown[] = []) {
  if (values.length === 0) return await admin.query(`set session_replication_role = replica; ${text}`);
  await admin.query('set session_replication_role = replica');
  return await admin.query(text, values);
}

async function asked(startAt?: string) {
  serial += 1;
  const line = `change-${serial}`;
  const run = await owner.run({ kind: 'command', command: `echo ${line} >> /srv/changes`, selector: '*', startAt });
  expect(run.status).toBe('awaiting_approval');
  const approval = await owner.approval(run.id);
  const { action } = await owner.get<ApprovalAction>(`/v1/approvals/${approval.id}/action`);
  if (action === null) throw new Error('it has no action');
  return { line, runId: run.id, approval, action };
}
type Asked = Awaited<ReturnType<typeof asked>>;

const signedBy = (key: typeof adamsKey, action: Action): SoftwareAssertion =>
  key.assert(actionChallenge(actionDigest(action)));
const approve = ({ approval }: Asked, assertion?: SoftwareAssertion) =>
  approver.post<Approval>(`/v1/approvals/${approval.id}/decision`, {
    ...{ decision: 'approve', actionDigest: approval.actionDigest },
    ...(assertion === undefined ? {} : { assertion }),
  });
const wake = (runId: string) =>
  sql('update sena.runs set wake_count = wake_count + 1, wanted_at = now() where id = $1', [runId]);
/** As if Adam had decided. */
async function decideByHand({ approval, runId }: Asked, assertion: SoftwareAssertion | null): Promise<void> {
  if (assertion !== null)
    await sql(
      `insert into sena.approval_assertions (organization_id, approval_id, decided_by, assertion)
       select organization_id, id, $2, $3 from sena.approvals where id = $1`,
      [approval.id, `member:${adam}`, JSON.stringify(assertion)],
    );
  await sql(
    `insert into sena.approval_decisions (organization_id, approval_id, decided_by, decided_by_name, decision)
     select organization_id, id, $2, 'adam', 'approve' from sena.approvals where id = $1`,
    [approval.id, `member:${adam}`],
  );
  await sql(
    `update sena.approvals set status = 'approved', decided_by = $2, decided_by_name = 'adam', decided_at = now() where id = $1`,
    [approval.id, `member:${adam}`],
  );
  await wake(runId);
}
/** What becomes of it: every command's end, as it is told. */
async function endOf(runId: string): Promise<string[]> {
  await eventually(
    'the run ends',
    async () => ['succeeded', 'failed', 'cancelled'].includes((await owner.wait(runId)).status),
    {
      timeoutMs: 40_000,
      everyMs: 50,
    },
  );
  return (await owner.executions(runId)).map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`);
}
const refusedThere = ['not_started policy_refused'];

describe('without it, nothing runs that a superuser', () => {
  const attacks: Array<[string, string[], (asked: Asked) => Promise<void>]> = [
    ['approves by hand', refusedThere, (it) => decideByHand(it, null)],
    ['approves with a passkey of their own', refusedThere, (it) => decideByHand(it, signedBy(attackersKey, it.action))],
    [
      'approves with a passkey of their own under the id of Adam’s',
      refusedThere,
      (it) => decideByHand(it, { ...signedBy(attackersKey, it.action), credentialId: adamsKey.credentialId }),
    ],
    [
      'registers as Adam’s and approves with, over the API',
      refusedThere,
      async (it) => {
        await sql(
          `insert into identity.passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
           values ('pass_forged', $1, $2, $3, 0, 'singleDevice', false)`,
          [Buffer.from(attackersKey.publicKey, 'base64url').toString('base64'), adam, attackersKey.credentialId],
        );
        const { hostname, origin } = new URL(cloud.stack.frontUrl);
        const assertion = attackersKey.assert(actionChallenge(actionDigest(it.action)), { rpId: hostname, origin });
        expect(await approve(it, assertion)).toMatchObject({ status: 200 });
      },
    ],
    [
      'lets pass as needing none, so that Adam approves it without',
      refusedThere,
      async (it) => {
        await sql(`update sena.satellites set passkeys_to_change = 0`);
        expect(await approve(it)).toMatchObject({ status: 200 });
      },
    ],
    [
      'puts into what Adam has signed for, with action and digest to match',
      refusedThere,
      async (it) => {
        const command = `echo forged >> /srv/changes`;
        const action: Action = { ...it.action, commands: it.action.commands.map((each) => ({ ...each, command })) };
        await swap(it, action, `new.command := '${command}';`);
        expect(await approve(it, signedBy(adamsKey, it.action))).toMatchObject({ status: 200 });
      },
    ],
    [
      'lets Adam sign for, and does for a longer time',
      refusedThere,
      async (it) => {
        const expiresAt = new Date(Date.parse(it.action.expiresAt) + 3_600_000).toISOString();
        await swap(it, { ...it.action, expiresAt }, `new.expires_at := '${expiresAt}';`);
        expect(await approve(it, signedBy(adamsKey, it.action))).toMatchObject({ status: 200 });
      },
    ],
    [
      'calls reading',
      ['not_started signer_refused'],
      async (it) => {
        await swap(it, it.action, 'new.read_only := true; new.approval_id := null;');
        await decideByHand(it, null);
      },
    ],
  ];
  it.each(attacks)(
    '%s',
    async (_name, end, attack) => {
      const it = await asked();
      await attack(it);
      expect(await endOf(it.runId)).toEqual(end);
      expect(await changes()).toEqual([]);
      expect(await sessions()).toBe(0);
    },
    60_000,
  );

  it('signs with a key of their own, put among the organization’s keys', async () => {
    const asking = await asked();
    const { privateKey } = generateKeyPairSync('ed25519');
    const { rows } = await admin.query<{ id: string; satellite: string }>(
      'select k.id, s.id as satellite from sena.dispatch_keys k join sena.satellites s using (organization_id)',
    );
    const { id: keyId = '', satellite: satelliteId = '' } = rows[0] ?? {};
    const jws = await signEnvelope(forgedEnvelope(asking, satelliteId), { keyId, privateKey });
    await sql(`create or replace function sena.forge() returns trigger language plpgsql as $$ begin new.jws := '${jws}'; return new; end $$;
      create trigger forge before insert on sena.dispatch_envelopes for each row execute function sena.forge();
      alter table sena.dispatch_envelopes enable always trigger forge`);
    await decideByHand(asking, signedBy(attackersKey, asking.action));
    await eventually('the satellite has refused it', async () =>
      satellite
        .log()
        .some(({ msg, ...more }) => msg === 'a dispatch was refused' && JSON.stringify(more).includes('envelope_')),
    );
    expect(await changes()).toEqual([]);
    expect(await sessions()).toBe(0);
  }, 60_000);
});

describe('with Adam’s passkey', () => {
  it('a change runs once; all that is done to the database makes it run no second time', async () => {
    const it = await asked();
    expect(await approve(it)).toMatchObject({ status: 409, body: { code: 'passkey_required' } });
    expect(await approve(it, signedBy(adamsKey, it.action))).toMatchObject({ status: 200 });
    expect(await endOf(it.runId)).toEqual(['exited ']);
    expect(await changes()).toEqual([it.line]);

    const ofRun = '(select id from sena.dispatches where run_id = $1)';
    for (const epoch of [1, 2, 3]) {
      const heard = arrivals();
      await sql('delete from sena.outcomes where execution_id in (select id from sena.executions where run_id = $1)', [
        it.runId,
      ]);
      await sql(`update sena.runs set status = 'running', finished_at = null where id = $1`, [it.runId]);
      await sql(
        'update sena.dispatches set pending = 1, sent_at = null, acked_at = null, assignment_epoch = $2 where run_id = $1',
        [it.runId, epoch],
      );
      await sql(`delete from sena.dispatch_envelopes where dispatch_id in ${ofRun}`, [it.runId]);
      await eventually('it was signed and sent again', async () => arrivals() > heard, { timeoutMs: 45_000 });
      // Written later, the answer would take back what the next round does.
      await eventually(
        'what the satellite answers is written',
        async () =>
          (await admin.query('select from sena.dispatches where run_id = $1 and pending > 0', [it.runId])).rowCount ===
          0,
        { timeoutMs: 20_000 },
      );
    }
    expect(await changes()).toEqual([it.line]);
  }, 90_000);

  it('what he approves ahead of its time runs at that time, once, and not before', async () => {
    const startAt = new Date(Date.now() + 10_000);
    const it = await asked(startAt.toISOString());
    expect(it.approval.notBefore).toBe(startAt.toISOString());
    expect(it.action.notBefore).toBe(startAt.toISOString());
    expect(await approve(it, signedBy(adamsKey, it.action))).toMatchObject({ status: 200 });
    await eventually(
      'it waits for its time',
      async () => (await owner.get<{ status: string }>(`/v1/runs/${it.runId}`)).status === 'scheduled',
    );
    expect(await changes()).not.toContain(it.line);
    expect(await endOf(it.runId)).toEqual(['exited ']);
    const [execution] = await owner.executions(it.runId);
    expect(Date.parse(execution?.startedAt ?? '')).toBeGreaterThanOrEqual(startAt.getTime());
    expect((await changes()).filter((line) => line === it.line)).toHaveLength(1);
  }, 60_000);

  it('what it signed for one thing does not do for another', async () => {
    const [one, other] = [await asked(), await asked()];
    const assertion = signedBy(adamsKey, one.action);
    expect(await approve(one, assertion)).toMatchObject({ status: 200 });
    expect(await endOf(one.runId)).toEqual(['exited ']);
    await decideByHand(other, assertion);
    expect(await endOf(other.runId)).toEqual(refusedThere);
    expect(await changes()).toContain(one.line);
    expect(await changes()).not.toContain(other.line);
  }, 60_000);
});

/** When the dispatch is written, it and its approval become something else than what was decided about. */
async function swap({ approval }: Asked, action: Action, change: string): Promise<void> {
  const json = JSON.stringify(action).replaceAll("'", "''");
  await sql(`create or replace function sena.forge() returns trigger language plpgsql as $$ begin
      update sena.approvals set action = '${json}', action_digest = '${actionDigest(action)}' where id = '${approval.id}';
      ${change} return new; end $$;
    alter function sena.forge() security definer;
    create trigger forge before insert on sena.dispatches for each row execute function sena.forge();
    alter table sena.dispatches enable always trigger forge`);
}

function forgedEnvelope({ runId, action, approval }: Asked, satelliteId: string): DispatchEnvelope {
  const command = action.commands[0];
  if (command === undefined) throw new Error('it has no command');
  const { nodes, ...text } = command;
  return {
    ...{
      v: 1,
      dispatchId: 'disp_forged',
      organizationId: action.organizationId,
      runId,
      satelliteId,
      assignmentEpoch: 1,
    },
    ...text,
    ...{ readOnly: false, notBefore: action.notBefore, expiresAt: action.expiresAt, nonce: 'a nonce of their own' },
    approvals: [
      {
        ...{
          approvalId: approval.id,
          actionDigest: approval.actionDigest,
          requestedBy: 'member:x',
          decidedBy: `member:${adam}`,
        },
        ...{ decidedAt: action.notBefore, proof: hashAction(action).proofOf(satelliteId) },
        assertion: signedBy(attackersKey, action),
      },
    ],
    nodes: nodes.map(({ satelliteId: _, ...each }) => ({
      executionId: executionIdFor(runId, text.step, each.nodeId),
      ...each,
    })),
    traceparent: null,
  };
}
