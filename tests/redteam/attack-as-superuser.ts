// The attacker owns the database: what is approved, by whom, what is to run where, which keys there are, what is signed. Satellites demand a passkey
// that the customer listed there. Every attack is about a change of its own, and each has its control: the same change, which Adam approved with his
// passkey, ran on the node before. The processes, both satellites and the host's sshd are real. Entered by main.ts and by the e2e test.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '@sena/contracts/envelope';
import type { Run } from '@sena/contracts/http/runs';
import { actionChallenge } from '@sena/envelope/action-digest';
import { eventually } from '@sena/testing/eventually';
import type { SoftwareAssertion } from '@sena/testing/software-passkey';
import { seededRandom } from '../faults/seeded-random.ts';
import { type AttackResult, count, countLines, type ForgeryTally, sessionsIn, tallyOf } from './attack.ts';
import { readAnyColumn } from './superuser/any-column.ts';
import { type Asked, type Draft, draftOf, writeDraft } from './superuser/draft.ts';
import { forgedConsents } from './superuser/forged-consents.ts';
import type { Stage } from './superuser/open-stage.ts';
import { type Planned, planRounds, type Round } from './superuser/plan-rounds.ts';
import { signForAbsent } from './superuser/sign-for-absent.ts';
import type { Spent } from './superuser/technique.ts';

/** Every poll of the signer and the relay comes by, whatever is answered sooner. */
const answerMsMin = 2_500;
/** Of what is not answered by then nothing comes; what is on the node is looked at when all is over. */
const answerMsMax = 6_000;
const askedAtOnce = 6;
/** A node is cleaned for two seconds after its last outcome was acknowledged. */
const quietMs = 3_000;
/** After the last attack: what a satellite has taken would have begun, and nothing is left to be sent. */
const settleMs = 2_000;

/** `attacks`: so many in all. */
export async function attackAsSuperuser(
  stage: Stage,
  { seed, attacks }: { seed: number; attacks: number },
): Promise<AttackResult> {
  const { superuser, adam, olivia } = stage;
  const byKind: Record<string, ForgeryTally> = {};
  const conditions: Record<string, number> = {};
  const problems: string[] = [];
  const anyColumn = await readAnyColumn(superuser);
  conditions['columns of a run’s rows to draw from'] = anyColumn.ofRun.length;
  conditions['columns of an organization’s rows to draw from'] = anyColumn.ofOrganization.length;
  const rounds = planRounds(seed, attacks);
  const all = rounds.flatMap(({ planned }) => planned);

  const controls = await askAll(all.map(({ n }) => ({ line: `control-${n}`, isAhead: false })));
  const spent = new Map<number, Spent>();
  const assertions = await approveAll(controls);
  await untilEnded(controls);
  for (const [index, { n }] of all.entries())
    spent.set(n, await readSpent(controls[index] as Asked, assertions[index] as SoftwareAssertion));
  const ofAbsent = await signForAbsent(stage, stage.organizationId, controls[0] as Asked);
  const ofEve = await signForAbsent(stage, stage.eve.organizationId, controls[0] as Asked);
  // Asked before any setting stands, while the node becomes quiet.
  const [before, asked] = await Promise.all([
    untilQuiet(),
    askAll(all.map(({ n, technique }) => ({ line: `asked-${n}`, isAhead: technique.isAhead === true }))),
  ]);
  const askedFor = new Map(all.map(({ n }, index) => [n, asked[index] as Asked]));
  for (const round of rounds) await attack(round);
  await sleep(settleMs);
  const sessionsDuring = sessionsIn(await stage.sshdLog()) - before;

  // After all of it, what is right still runs.
  const after = ['after-1', 'after-2', 'after-3'];
  const last = await askAll(after.map((line) => ({ line, isAhead: false })));
  await approveAll(last);
  await untilEnded(last);
  const genuine = [...all.map(({ n }) => `control-${n}`), ...after];
  const lines = countLines((await stage.changes()).join('\n'));
  let executions = 0;
  for (const [line, times] of Object.entries(lines)) {
    const tooMany = genuine.includes(line) ? times - 1 : times;
    executions += tooMany;
    if (tooMany > 0) problems.push(`${line} ran ${times} times`);
  }
  return {
    with: 'the database, as its superuser, against satellites that demand passkeys',
    byKind,
    conditions,
    sessionsDuring,
    executions,
    controls: Object.fromEntries(genuine.map((line) => [line, lines[line] ?? 0])),
    problems,
  };

  async function attack({ setting, planned }: Round): Promise<void> {
    const random = seededRandom(seed, 'setting', setting.name);
    const undo = await setting.apply(stage, { random, anyColumn });
    count(conditions, `meanwhile: ${setting.name}`, planned.length);
    const heard = stage.said().map((words) => words.length);
    const drafts: Draft[] = [];
    try {
      for (const one of planned) drafts.push(await forge(one));
      const runIds = drafts.flatMap(({ asked: { runId }, about }) => [runId, about]);
      for (const runId of runIds) await stage.ring('advanceRun', runId);
      await stage.ring('signDispatches', runIds[0] ?? '');
      const answers = await answersTo(planned, drafts, heard);
      for (const [index, { technique }] of planned.entries()) {
        const tally = tallyOf(byKind, technique.name);
        tally.sent += 1;
        count(tally.answers, answers[index] ?? 'nothing came of it');
      }
      if (setting.isSilent !== true && !answers.some((answer) => answer?.startsWith('satellite')))
        problems.push(`no satellite answered while ${setting.name}`);
    } finally {
      await undo();
    }
    await bury(drafts.map(({ asked: { runId } }) => runId).concat(planned.map(({ n }) => spent.get(n)?.runId ?? '')));
  }

  async function forge({ n, technique, random }: Planned): Promise<Draft> {
    const [asked, own] = [askedFor.get(n), spent.get(n)];
    if (asked === undefined || own === undefined) throw new Error(`attack ${n} was not arranged`);
    const draft = draftOf(asked);
    const forged = `echo forged-${n} >> /srv/changes`;
    const shown = draft.actionDigest;
    const approved = contentOf(draft);
    await technique.forge(draft, { stage, random, forged, spent: own, ofAbsent, ofEve, anyColumn });
    const consent = random.pick(forgedConsents);
    switch (technique.consent) {
      case 'forged':
        consent.forge(draft, { stage, spent: own.assertion, random });
        count(conditions, `approved ${consent.name}`);
        break;
      case 'Adam’s':
        // Otherwise it is what he approved, and runs.
        if (contentOf(draft) === approved) throw new Error(`“${technique.name}” has altered nothing`);
        draft.decisions = [{ decidedBy: `member:${adam.id}`, assertion: adam.passkey.assert(actionChallenge(shown)) }];
        count(conditions, 'approved by Adam, with his passkey, as something else');
        break;
      case 'none':
        draft.decisions = [{ decidedBy: `member:${adam.id}`, assertion: null }];
    }
    await writeDraft(superuser, draft).catch((error: unknown) => {
      throw new Error(`“${technique.name}” could not be written`, { cause: error });
    });
    return draft;
  }

  /** How far each has come. Undefined: nothing is heard of it. */
  async function answersTo(planned: readonly Planned[], drafts: readonly Draft[], heard: readonly number[]) {
    const startedMs = performance.now();
    const runIds = drafts.map(({ about }) => about);
    for (;;) {
      const dispatches = await superuser.query<{ id: string; run_id: string }>(
        'select id, run_id from dispatches where run_id = any($1)',
        [runIds],
      );
      const idsOf = drafts.map(({ dispatch }, index) => [
        dispatch.id,
        ...dispatches.rows.flatMap(({ id, run_id: runId }) => (runId === runIds[index] ? [id] : [])),
      ]);
      const ends = await superuser.query<{ dispatch_id: string; reason: string | null; reporter: string | null }>(
        `select e.dispatch_id, o.reason, o.reporter from outcomes o join executions e on e.id = o.execution_id
         where e.dispatch_id = any($1) order by o.recorded_at`,
        [idsOf.flat()],
      );
      const ended = await superuser.query<{ id: string; status: string }>(
        'select id, status from runs where id = any($1) and finished_at is not null',
        [runIds],
      );
      const fresh = stage.said().flatMap((words, index) => words.slice(heard[index]));
      const answers = drafts.map(({ refusal }, index) => {
        if (refusal !== null) return refusal;
        const ids = idsOf[index] ?? [];
        const word = fresh.findLast(({ dispatchId }) => dispatchId !== undefined && ids.includes(dispatchId));
        if (word?.code !== undefined) return `satellite: ${word.code}`;
        const end = ends.rows.findLast(({ dispatch_id: id }) => ids.includes(id));
        if (end?.reason) return `${end.reporter === null ? 'signer' : 'satellite'}: ${end.reason}`;
        if (word !== undefined && end !== undefined) return 'satellite: known already';
        const run = ended.rows.find(({ id }) => id === runIds[index]);
        return run === undefined ? undefined : `the run has ${run.status}`;
      });
      const isAnswered = answers.every((answer, index) => answer !== undefined || planned[index]?.technique.isSilent);
      if (performance.now() - startedMs >= (isAnswered ? answerMsMin : answerMsMax)) return answers;
      await sleep(100);
    }
  }

  /** Nothing more is to be done about them: what was written into them would be tried again and again. */
  async function bury(runIds: readonly string[]): Promise<void> {
    await superuser.query(
      `update runs set status = 'failed', finished_at = coalesce(finished_at, now()), handled_count = wake_count, start_at = null where id = any($1)`,
      [runIds],
    );
    await superuser.query('update dispatches set pending = 0 where run_id = any($1)', [runIds]);
    await superuser.query(`update approvals set status = 'void' where run_id = any($1)`, [runIds]);
    await superuser.query('delete from outbox where run_id = any($1)', [runIds]);
  }

  async function askAll(wanted: ReadonlyArray<{ line: string; isAhead: boolean }>): Promise<Asked[]> {
    const startAt = new Date(Date.now() + 3_600_000).toISOString();
    const runIds = await inTurns(wanted, async ({ line, isAhead }) => {
      const body = { kind: 'command', command: `echo ${line} >> /srv/changes`, selector: '*' };
      const { status, body: run } = await olivia.api.post<Run>('/v1/runs', isAhead ? { ...body, startAt } : body);
      if (status !== 202) throw new Error(`${line} was answered with ${status}: ${JSON.stringify(run)}`);
      return run.id;
    });
    const rows = await eventually(
      `${wanted.length} runs wait for an approval`,
      async () => {
        const found = await superuser.query<{
          id: string;
          approval_id: string;
          action: Action;
          action_digest: string;
          requested_by: string;
        }>(
          `select r.id, a.id as approval_id, a.action, a.action_digest, a.requested_by from runs r join approvals a on a.run_id = r.id
           where r.id = any($1) and r.status = 'awaiting_approval' and a.status = 'pending'`,
          [runIds],
        );
        return found.rowCount === wanted.length ? found.rows : null;
      },
      { timeoutMs: 60_000, everyMs: 50 },
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return runIds.map((runId) => {
      const row = byId.get(runId);
      if (row === undefined) throw new Error(`run ${runId} has no approval`);
      const { approval_id: approvalId, action, action_digest: actionDigest, requested_by: requestedBy } = row;
      return { runId, approvalId, action, actionDigest, requestedBy };
    });
  }

  function approveAll(asked: readonly Asked[]): Promise<SoftwareAssertion[]> {
    return inTurns(asked, async ({ approvalId, actionDigest }) => {
      const assertion = adam.passkey.assert(actionChallenge(actionDigest));
      const { status, body } = await adam.api.post(`/v1/approvals/${approvalId}/decision`, {
        ...{ decision: 'approve', actionDigest, assertion },
      });
      if (status !== 200) problems.push(`Adam’s approval was answered with ${status}: ${JSON.stringify(body)}`);
      return assertion;
    });
  }

  function untilEnded(asked: readonly Asked[]): Promise<true> {
    return eventually(
      `${asked.length} changes that Adam approved have run`,
      async () => {
        const ended = await superuser.query<{ status: string; reason: string | null }>(
          `select status, reason from runs where id = any($1) and finished_at is not null`,
          [asked.map(({ runId }) => runId)],
        );
        const wrong = ended.rows.find(({ status }) => status !== 'succeeded');
        if (wrong !== undefined) throw new Error(`one has ${wrong.status}: ${wrong.reason}`);
        return ended.rowCount === asked.length;
      },
      { timeoutMs: 90_000, everyMs: 50 },
    );
  }

  async function readSpent(asked: Asked, assertion: SoftwareAssertion): Promise<Spent> {
    const { rows } = await superuser.query<{ id: string; satellite_id: string; key_id: string; jws: string }>(
      'select d.id, d.satellite_id, e.key_id, e.jws from dispatches d join dispatch_envelopes e on e.dispatch_id = d.id where d.run_id = $1',
      [asked.runId],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`run ${asked.runId} was not dispatched`);
    return { ...asked, assertion, dispatchId: row.id, satelliteId: row.satellite_id, keyId: row.key_id, jws: row.jws };
  }

  async function untilQuiet(): Promise<number> {
    let known = -1;
    for (;;) {
      const now = sessionsIn(await stage.sshdLog());
      if (now === known) return now;
      known = now;
      await sleep(quietMs);
    }
  }
}

/** All that Adam's consent is about, and who is said to have asked. */
function contentOf({ action, actionDigest, requestedBy, dispatch, nodes }: Draft): string {
  return JSON.stringify([action, actionDigest, requestedBy, dispatch, nodes]);
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: askedAtOnce }, async () => {
      for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
    }),
  );
  return results;
}
