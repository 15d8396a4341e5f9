// The short part of the red team: whoever has the relay's, the queue's or Redis's credentials runs nothing on any host. `pnpm redteam` tries
// thousands.
import { createTestDatabase } from '@sena/testing/postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AttackResult, forgeriesOf } from './attack.ts';
import { forgeDispatches } from './forge-dispatches.ts';
import { forgeJobs } from './forge-jobs.ts';
import { renderAttacks } from './write-attacks.ts';

const seed = 20_261_126;

function expectNothing(result: AttackResult, forgeriesMin: number): void {
  console.log(renderAttacks([result], 'the short part'));
  expect(result.problems).toEqual([]);
  expect(result.executions).toBe(0);
  expect(result.sessionsDuring).toBe(0);
  expect(forgeriesOf([result])).toBeGreaterThanOrEqual(forgeriesMin);
  // The file that counts is a real one: what is genuine is in it, once.
  expect(Object.values(result.controls).length).toBeGreaterThanOrEqual(3);
  expect(new Set(Object.values(result.controls))).toEqual(new Set([1]));
}

let relays: AttackResult;
let queues: AttackResult;

beforeAll(async () => {
  // Both wait more than they work.
  const database = await createTestDatabase();
  [relays, queues] = await Promise.all([
    forgeDispatches({ seed, forgeries: 320 }),
    forgeJobs({ seed, backend: 'redis', forgeries: 80, database }),
  ]);
}, 240_000);

describe('stolen credentials run nothing', () => {
  it('those of the relay, with every envelope that was ever signed', () => {
    expectNothing(relays, 320);
    // Each kind was tried, and found to be what it is.
    const { byKind } = relays;
    expect(Object.keys(byKind)).toHaveLength(23);
    for (const [kind, { answers }] of Object.entries(byKind).filter(([kind]) => kind.startsWith('altered')))
      expect(Object.keys(answers), kind).toEqual(['envelope_signature_wrong']);
    expect(Object.keys(byKind['another satellite’s envelope']?.answers ?? {})).toEqual(['envelope_other_satellite']);
    for (const code of Object.keys(byKind['another organization’s envelope']?.answers ?? { none: 1 }))
      expect(['envelope_key_unknown', 'envelope_signature_wrong']).toContain(code);
  });

  it('those of the queue, of Redis and of the database roles of both', () => {
    expectNothing(queues, 80);
    expect(queues.byKind['a job that names another organization’s run']?.sent).toBeGreaterThan(0);
    expect(queues.byKind['a doorbell that names another organization’s run']?.sent).toBeGreaterThan(0);
  });
});
