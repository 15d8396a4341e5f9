// The attacker has the queue's and the doorbells' server, and the database roles that belong to queue and relay: jobs and doorbells that nobody
// sent, for runs of one organization in the name of another, and whatever those roles let it write. The processes, the satellite and the host's
// sshd are real. Entered by run-redteam, on each of both backends.
import { setTimeout as sleep } from 'node:timers/promises';
import { type DoorbellName, doorbells } from '@sena/contracts/doorbells';
import type { Node, Site } from '@sena/contracts/http/fleet';
import type { Run } from '@sena/contracts/http/runs';
import { newId } from '@sena/contracts/ids';
import { jobs } from '@sena/contracts/jobs';
import { openPostgresBackend } from '@sena/queue/open-postgres-backend';
import { openRedisBackend } from '@sena/queue/open-redis-backend';
import { channelName } from '@sena/signals/channel-name';
import { openPostgresTransport } from '@sena/signals/open-postgres-transport';
import { openRedisTransport } from '@sena/signals/open-redis-transport';
import { eventually } from '@sena/testing/eventually';
import type { TestDatabase } from '@sena/testing/postgres';
import { startRedis } from '@sena/testing/redis';
import pg from 'pg';
import { type SenaApi, senaApi } from '../e2e/call-sena.ts';
import { changeOf, openLedger } from '../e2e/open-ledger.ts';
import { type SeededRandom, seededRandom } from '../faults/seeded-random.ts';
import { hostileValue } from '../fuzz/mutate/hostile-values.ts';
import { mutateValue } from '../fuzz/mutate/mutate-value.ts';
import { type AttackResult, count, countLines, type ForgeryTally, sessionsIn, tallyOf } from './attack.ts';

const quietMs = 3_000;
/** After the last forgery: every sweep and poll of the processes has come by. */
const settleMs = 4_000;

/** Runs that wait for an approval, and must go on waiting. */
interface Waiting {
  readonly organizationId: string;
  readonly runId: string;
  readonly api: SenaApi;
}

export async function forgeJobs(options: {
  seed: number;
  backend: 'postgres' | 'redis';
  /** Jobs and doorbells, at least so many in all. What the database roles may do is tried beside. */
  forgeries: number;
  database: TestDatabase;
}): Promise<AttackResult> {
  const { seed, backend, forgeries } = options;
  const redis = backend === 'redis' ? await startRedis() : null;
  const ledger = await openLedger({ redisUrl: redis?.url ?? null, database: options.database });
  const { cloud, api, approver, host } = ledger;
  const admin = new pg.Client({ connectionString: cloud.database.adminUrl, options: '-c search_path=sena' });
  await admin.connect();
  const byKind: Record<string, ForgeryTally> = {};
  const problems: string[] = [];
  try {
    await runsOnce(0);
    const waiting = [
      await waits(api, await ledger.ask(1)),
      await strangersRun(senaApi(cloud.stack.frontUrl, cloud.keys.stranger), host),
    ];
    const before = await untilQuiet();
    const random = seededRandom(seed, 'jobs', backend);
    await forgeQueueJobs(waiting, random);
    await forgeDoorbells(waiting, random);
    await tryRole('queue', cloud.database.urls.queue, waiting);
    await tryRole('relay', cloud.database.urls.relay, waiting);
    await writeAsRelay(waiting, random);
    await sleep(settleMs);
    for (const { api: asked, runId, organizationId } of waiting) {
      const run = await asked.get<Run>(`/v1/runs/${runId}`);
      if (run.status !== 'awaiting_approval')
        problems.push(`run ${runId} of ${organizationId} has become ${run.status}`);
      const found = await admin.query('select 1 from dispatches where run_id = $1', [runId]);
      if (found.rowCount !== 0) problems.push(`run ${runId} has ${found.rowCount} dispatches`);
    }
    const sessionsDuring = (await untilQuiet()) - before;
    const [ours] = waiting;
    if (ours !== undefined) await approveAndWait(ours.runId);
    await runsOnce(2);
    const lines = countLines((await ledger.changes()).join('\n'));
    const genuine = [0, 1, 2].map(changeOf);
    const executions = Object.entries(lines).reduce(
      (sum, [line, times]) => sum + (genuine.includes(line) ? times - 1 : times),
      0,
    );
    const name = backend === 'redis' ? 'Redis’s credentials' : 'the queue’s credentials';
    const controls = Object.fromEntries(genuine.map((line) => [line, lines[line] ?? 0]));
    return { with: `${name}, and the relay’s database role`, byKind, sessionsDuring, executions, controls, problems };
  } catch (error) {
    const errors = cloud
      .log()
      .split('\n')
      .filter((line) => /"level":"(error|warn)"/.test(line));
    throw new Error(`${String(error)}\nWhat the services say:\n${[...new Set(errors)].slice(-15).join('\n')}`, {
      cause: error,
    });
  } finally {
    await admin.end();
    await ledger.close();
    await redis?.stop();
  }

  async function untilQuiet(): Promise<number> {
    let known = -1;
    for (;;) {
      const now = sessionsIn(await host.sshdLog());
      if (now === known) return now;
      known = now;
      await sleep(quietMs);
    }
  }

  async function runsOnce(change: number): Promise<void> {
    const runId = await ledger.ask(change);
    await waits(api, runId);
    await approveAndWait(runId);
  }

  async function approveAndWait(runId: string): Promise<void> {
    const { id } = await approver.approval(runId);
    const { status } = await approver.decide(id, 'approve');
    if (status !== 200) problems.push(`the approval of ${runId} was answered with ${status}`);
    const run = await eventually(
      `run ${runId} has ended`,
      async () => {
        const found = await api.get<Run>(`/v1/runs/${runId}`);
        return ['succeeded', 'failed', 'cancelled'].includes(found.status) ? found : null;
      },
      { timeoutMs: 40_000, everyMs: 50 },
    );
    if (run.status !== 'succeeded') problems.push(`the genuine run ${runId} has ${run.status}: ${run.reason}`);
  }

  async function waits(asked: SenaApi, runId: string): Promise<Waiting> {
    const run = await asked.wait(runId);
    if (run.status !== 'awaiting_approval') throw new Error(`run ${runId} is ${run.status}: ${run.reason}`);
    const found = await admin.query<{ organization_id: string }>('select organization_id from runs where id = $1', [
      runId,
    ]);
    return { organizationId: found.rows[0]?.organization_id ?? '', runId, api: asked };
  }

  /** Another customer has registered the same host, and asks for a change there. */
  async function strangersRun(stranger: SenaApi, { address, port, user, hostKey }: typeof host): Promise<Waiting> {
    const { body: site } = await stranger.post<Site>('/v1/sites', { name: 'theirs' });
    await stranger.post<Node>('/v1/nodes', { siteId: site.id, name: 'theirs-1', address, port, runAs: user, hostKey });
    // Enrolled, and away: without one nothing could ever run, and nobody would be asked.
    await admin.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint)
       select $1, organization_id, id, 'theirs', 'none', 'none' from sites where id = $2`,
      [newId('sat'), site.id],
    );
    const asked = { kind: 'command', command: 'echo stranger >> /srv/changes', selector: '*' };
    const { body } = await stranger.post<Run>('/v1/runs', asked);
    return waits(stranger, body.id);
  }

  async function forgeQueueJobs(waiting: readonly Waiting[], random: SeededRandom): Promise<void> {
    const onLost = () => undefined;
    const queue =
      redis === null
        ? await openPostgresBackend(cloud.database.urls.queue, onLost)
        : await openRedisBackend(redis.url, onLost);
    const names = Object.keys(jobs) as Array<keyof typeof jobs>;
    const producers = Object.fromEntries(
      await Promise.all(
        [...new Set(names.map((name) => jobs[name].queue))].map(async (name) => {
          const producer = queue.createProducer(name, { defaultJobOptions: { attempts: 2, removeOnComplete: true } });
          producer.on('error', () => undefined);
          await producer.waitUntilReady();
          return [name, producer] as const;
        }),
      ),
    );
    for (let index = 0; index < forgeries / 2; index += 1) {
      const name = random.pick(names);
      const [own, other] = random.chance(0.5) ? waiting : waiting.toReversed();
      if (own === undefined || other === undefined) throw new Error('two organizations have a run');
      const right = { organizationId: own.organizationId, runId: own.runId, traceparent: null };
      const { kind, data } = random.pick<() => { kind: string; data: unknown }>([
        () => ({ kind: 'a job for a run that waits for its approval', data: right }),
        () => ({ kind: 'a job that names another organization’s run', data: { ...right, runId: other.runId } }),
        () => ({ kind: 'a job for a run that is not there', data: { ...right, runId: newId('run') } }),
        () => ({
          kind: 'a job with a command in it',
          data: { ...right, command: 'echo forged >> /srv/changes', approved: true },
        }),
        () => ({
          kind: 'a job that is none',
          data: random.chance(0.5) ? hostileValue(random) : mutateValue(right, random),
        }),
      ])();
      const data_ =
        name === 'placeDispatches' && kind !== 'a job that is none'
          ? { organizationId: own.organizationId, traceparent: null }
          : data;
      const tally = tallyOf(byKind, kind);
      tally.sent += 1;
      const isOther = random.chance(0.1);
      await producers[jobs[name].queue]
        ?.add(isOther ? random.pick(['runCommand', 'constructor', 'dispatch']) : name, data_, {})
        .then(
          () => count(tally.answers, 'in the queue'),
          (error: unknown) => count(tally.answers, `not taken: ${String(error).slice(0, 60)}`),
        );
    }
    for (const producer of Object.values(producers)) await producer.close();
    await queue.close();
  }

  async function forgeDoorbells(waiting: readonly Waiting[], random: SeededRandom): Promise<void> {
    const events = { message: () => undefined, connected: () => undefined, lost: () => undefined };
    const transport =
      redis === null
        ? await openPostgresTransport(cloud.database.urls.queue, events)
        : await openRedisTransport(redis.url, events);
    const satellites = await api.get<{ items: Array<{ id: string }> }>('/v1/satellites');
    const satelliteId = satellites.items[0]?.id ?? '';
    const names = Object.keys(doorbells) as DoorbellName[];
    for (let index = 0; index < forgeries / 2; index += 1) {
      // A doorbell that says that a run was cancelled, or a satellite revoked, makes its hearer look: nothing more.
      const name = random.pick(names);
      const [own, other] = random.chance(0.5) ? waiting : waiting.toReversed();
      if (own === undefined || other === undefined) throw new Error('two organizations have a run');
      const right = {
        runEvents: { runId: own.runId, seq: 1 },
        dispatchReady: { satelliteId },
        satelliteRevoked: { satelliteId },
        keysChanged: {},
        siteShares: { siteId: 'site_of_nobody' },
        memberChanged: { userId: 'user_of_nobody' },
        runCancelled: { runId: own.runId },
      }[name];
      const { kind, payload } = random.pick<() => { kind: string; payload: string }>([
        () => ({ kind: 'a doorbell that nobody rang', payload: JSON.stringify(right) }),
        () => ({
          kind: 'a doorbell that names another organization’s run',
          payload: JSON.stringify({ ...right, runId: other.runId }),
        }),
        () => ({
          kind: 'a doorbell that is none',
          payload: random.pick([
            '',
            '{',
            'null',
            JSON.stringify(mutateValue(right, random)).slice(0, 7_000),
            '"\\u0000"',
          ]),
        }),
      ])();
      const tally = tallyOf(byKind, kind);
      tally.sent += 1;
      await transport.publish([{ channel: channelName(own.organizationId, name), payload }]).then(
        () => count(tally.answers, 'rung'),
        (error: unknown) => count(tally.answers, `not taken: ${String(error).slice(0, 60)}`),
      );
    }
    await transport.close();
  }

  /** What that role does need, said for runs that wait for a person: wake-ups, events, audit rows. */
  async function writeAsRelay(waiting: readonly Waiting[], random: SeededRandom): Promise<void> {
    const client = new pg.Client({ connectionString: cloud.database.urls.relay, options: '-c search_path=sena' });
    await client.connect();
    for (let index = 0; index < Math.max(12, forgeries / 20); index += 1) {
      const [own, other] = random.chance(0.5) ? waiting : waiting.toReversed();
      if (own === undefined || other === undefined) throw new Error('two organizations have a run');
      const decided = {
        type: 'approval.decided',
        approvalId: 'appr_x',
        decision: 'approve',
        by: 'nobody',
        reason: null,
      };
      const { kind, text, values } = random.pick<() => { kind: string; text: string; values: unknown[] }>([
        () => ({
          kind: 'a wake-up written by the relay’s database role',
          text: `insert into outbox (organization_id, job, run_id) values ($1, $2, $3)`,
          values: [
            own.organizationId,
            random.pick(['signDispatches', 'advanceRun', 'runCommand']),
            random.pick([own, own, other]).runId,
          ],
        }),
        () => ({
          kind: 'a counter written by the relay’s database role',
          text: `update runs set wake_count = wake_count + 1, wanted_at = now() where organization_id = $1 and id = $2`,
          values: [own.organizationId, own.runId],
        }),
        () => ({
          kind: 'a decision told by the relay’s database role',
          text: `insert into run_events (organization_id, run_id, seq, data) values ($1, $2, $3, $4)`,
          values: [own.organizationId, own.runId, 1_000 + index, JSON.stringify(decided)],
        }),
        () => ({
          kind: 'an audit row written by the relay’s database role',
          text: `insert into audit_events (id, organization_id, action, actor, subject, run_id) values ($1, $2, 'approval.approved', 'member:nobody', $3, $3)`,
          values: [newId('audit'), own.organizationId, own.runId],
        }),
      ])();
      const tally = tallyOf(byKind, kind);
      tally.sent += 1;
      await client.query('begin');
      await client.query(`select set_config('sena.organization_id', $1, true)`, [own.organizationId]);
      const written = await client.query(text, values).then(
        () => 'written',
        (error: Error & { code?: string }) => `refused (${error.code})`,
      );
      await client.query(written === 'written' ? 'commit' : 'rollback');
      count(tally.answers, written);
    }
    await client.end();
  }

  /** Every table by every statement, as the role: what is let through is written down, and none of it may be of what decides. */
  async function tryRole(role: 'queue' | 'relay', url: string, waiting: readonly Waiting[]): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const columns = await admin.query<{ table_schema: string; table_name: string; column_name: string }>(
      `select c.table_schema, c.table_name, c.column_name from information_schema.columns c
       join information_schema.tables t using (table_schema, table_name)
       where c.table_schema in ('sena', 'identity', 'checkpoint') and t.table_type = 'BASE TABLE' order by 1, 2, 3`,
    );
    const tables = Map.groupBy(columns.rows, (row) => `${row.table_schema}."${row.table_name}"`);
    /** Null: refused. Otherwise what PostgreSQL said, which had not been about who may. */
    const attempt = async (kind: string, statement: string): Promise<string | null> => {
      const tally = tallyOf(byKind, kind);
      tally.sent += 1;
      await client.query('begin');
      await client.query(`select set_config('sena.organization_id', $1, true)`, [waiting[0]?.organizationId]);
      const refusal = await client.query(statement).then(
        () => null,
        (error: Error & { code?: string }) => error,
      );
      await client.query('rollback');
      // The other is about a column that nobody can write.
      const isRefused = refusal?.code === '42501' || refusal?.code === '428C9';
      count(tally.answers, isRefused ? 'permission denied' : 'let through, and undone');
      return isRefused ? null : (refusal?.message ?? 'done');
    };
    const complain = (what: string, verb: string, said: string | null) => {
      if (said !== null && (role === 'queue' || decides(what, verb)))
        problems.push(`the ${role}’s database role may ${verb} ${what}: ${said}`);
    };
    for (const [table, rows] of tables) {
      const hasOrganization = rows.some(({ column_name: column }) => column === 'organization_id');
      const row = hasOrganization
        ? `(organization_id) values (${pg.escapeLiteral(waiting[0]?.organizationId ?? '')})`
        : 'default values';
      const kind = (verb: string) => `as the ${role}’s database role: ${verb}`;
      complain(table, 'delete', await attempt(kind('delete'), `delete from ${table}`));
      complain(table, 'insert', await attempt(kind('insert'), `insert into ${table} ${row}`));
      for (const { column_name: column } of rows) {
        const statement = `update ${table} set "${column}" = "${column}"`;
        complain(`${table}.${column}`, 'update', await attempt(kind('update'), statement));
      }
      if (/private_keys|identity|checkpoint/.test(table)) {
        complain(table, 'read', await attempt(kind('read secrets'), `select * from ${table}`));
      }
    }
    await client.end();
  }
}

/** Whether, what and where something runs, and who one is. */
function decides(what: string, verb: string): boolean {
  return (
    /^(identity|checkpoint)\./.test(what) ||
    /"(approvals|policy_decisions|dispatch_envelopes|dispatch_keys|dispatch_private_keys|nodes|join_tokens|organizations|sites|runbooks|executions|audit_seals)"/.test(
      what,
    ) ||
    /"dispatches"\.(command|shell|environment|limits|read_only|approval_id|satellite_id|expires_at|not_before|step|run_id)/.test(
      what,
    ) ||
    /"runs"\.(status|command|prompt|requested_by|selector)/.test(what) ||
    /"satellites"\.(public_key|fingerprint|revoked_at)/.test(what) ||
    /"inquiries"\.(jws|key_id)/.test(what) ||
    (verb !== 'update' && /"(runs|dispatches|satellites|inquiries)"/.test(what))
  );
}
