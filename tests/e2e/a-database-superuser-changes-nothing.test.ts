// Whoever owns the database writes what they like into it: approvals, decisions, dispatches, keys, envelopes. The signer signs what it is made to. At
// satellites that demand a passkey nothing of that runs; with a listed person's passkey it does, once, when it was approved for. `pnpm redteam` tries
// hundreds.
import { actionChallenge } from '@sena/envelope/action-digest';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AttackResult, forgeriesOf } from '../redteam/attack.ts';
import { attackAsSuperuser } from '../redteam/attack-as-superuser.ts';
import { openStage, type Stage } from '../redteam/superuser/open-stage.ts';
import { techniques } from '../redteam/superuser/techniques.ts';
import { renderAttacks } from '../redteam/write-attacks.ts';

const attacks = techniques.length + 4;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
}, 90_000);
afterAll(() => stage?.close(), 30_000);

describe('without it, nothing runs that a superuser', () => {
  let result: AttackResult;
  beforeAll(async () => {
    result = await attackAsSuperuser(stage, { seed: 20_261_127, attacks });
    console.log(renderAttacks([result], 'the short part'));
  }, 150_000);
  /** How attacks of this kind ended. */
  const ends = (kind: string) => Object.keys(result.byKind[kind]?.answers ?? { 'was not tried': 1 });

  it('approves, dispatches, has signed, signs, sends or repeats, in any of the ways there are', () => {
    expect(result.problems).toEqual([]);
    expect(result.executions).toBe(0);
    expect(result.sessionsDuring).toBe(0);
    expect(forgeriesOf([result])).toBe(attacks);
    expect(Object.keys(result.byKind)).toHaveLength(techniques.length);
  });

  it('while every change has its control: with Adam’s passkey it ran, once', () => {
    expect(Object.keys(result.controls)).toHaveLength(attacks + 3);
    expect(new Set(Object.values(result.controls))).toEqual(new Set([1]));
  });

  it('has signed by the real signer: the satellites themselves refuse it', () => {
    const bySatellites = Object.values(result.byKind).flatMap(({ answers }) =>
      Object.entries(answers).flatMap(([answer, times]) => (answer.startsWith('satellite') ? [times] : [])),
    );
    expect(bySatellites.reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(attacks / 3);
    for (const kind of ['as it was asked for', 'for longer than Adam signed for'])
      expect(ends(kind), kind).toEqual(['satellite: policy_refused']);
    expect(ends('another satellite’s envelope')).toEqual(['satellite: envelope_other_satellite']);
    expect(ends('another organization’s envelope')).toEqual(['satellite: envelope_key_unknown']);
    expect(ends('another change’s envelope')).toEqual(['satellite: envelope_other_dispatch']);
  });
});

it('what Adam approves ahead of its time runs at that time, once, and not before; without his passkey it is not approved', async () => {
  const { olivia, adam } = stage;
  const startAt = new Date(Date.now() + 10_000).toISOString();
  const run = await olivia.api.run({ kind: 'command', command: 'echo ahead >> /srv/changes', selector: '*', startAt });
  const { id, actionDigest, notBefore } = await olivia.api.approval(run.id);
  expect(notBefore).toBe(startAt);
  const decide = (more: object) =>
    adam.api.post(`/v1/approvals/${id}/decision`, { decision: 'approve', actionDigest, ...more });
  expect(await decide({})).toMatchObject({ status: 409, body: { code: 'passkey_required' } });
  expect(await decide({ assertion: adam.passkey.assert(actionChallenge(actionDigest)) })).toMatchObject({
    status: 200,
  });
  const status = async () => (await olivia.api.get<{ status: string }>(`/v1/runs/${run.id}`)).status;
  await eventually('it waits for its time', async () => (await status()) === 'scheduled');
  expect(await stage.changes()).not.toContain('ahead');
  await eventually('it has run', async () => (await status()) === 'succeeded', { timeoutMs: 40_000, everyMs: 50 });
  const [execution] = await olivia.api.executions(run.id);
  expect(execution?.outcome).toBe('exited');
  expect(Date.parse(execution?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(startAt));
  expect((await stage.changes()).filter((line) => line === 'ahead')).toHaveLength(1);
}, 60_000);
