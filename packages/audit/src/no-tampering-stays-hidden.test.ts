import { openPool, type Pool } from '@sena/db/tenant';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { seedFleet } from '@sena/testing/seed-fleet';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestPiece } from './digest-piece.ts';
import { seededRandom } from './fixtures/seeded-random.ts';
import { type Tampering, tamperings } from './fixtures/tamperings.ts';
import { makeWitnessedOrganization, type WitnessedOrganization } from './fixtures/witnessed-organization.ts';
import { type ExportVerdict, type VerifyAgainst, verifyExport } from './verify-export.ts';
import { writeExport } from './write-export.ts';

/** `SENA_TAMPERINGS=1000 SENA_SEED=7`: as many, and other ones. */
const count = Number(process.env.SENA_TAMPERINGS ?? 88);
const seed = Number(process.env.SENA_SEED ?? 1);

const pieces = seededRandom(seed);

let database: TestDatabase;
let app: Pool;
let admin: pg.Client;
let organization: WitnessedOrganization;

beforeAll(async () => {
  database = await createTestDatabase();
  app = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('set search_path = sena');
  const fleet = await seedFleet(database.adminUrl, { satellites: 2 });
  const sizes = [30, 60, 90, 120, 140];
  organization = await makeWitnessedOrganization(app, admin, fleet, { records: 150, sizes, unsealed: 3 });
  // What somebody does who owns the whole server: neither triggers nor foreign keys stop them.
  await admin.query('set session_replication_role = replica');
});
afterAll(async () => {
  await admin.end();
  await app.end();
  await database.drop();
});

/** The export as the API writes it, with its role and its row-level security, of what stands in the superuser's open transaction. */
const insideTransaction = {
  async connect() {
    return {
      async query(text: string, values?: unknown[]) {
        if (text === 'begin') return admin.query('savepoint export; set local role sena_app');
        if (text === 'commit') return admin.query('reset role; release savepoint export');
        if (text === 'rollback') return admin.query('rollback to savepoint export; reset role');
        return admin.query(text, values);
      },
      release: () => undefined,
    };
  },
} as unknown as Pool;

async function exportLines(): Promise<string[]> {
  const lines: string[] = [];
  for await (const piece of writeExport(insideTransaction, organization.organizationId, 0))
    lines.push(...piece.split('\n').filter((line) => line !== ''));
  return lines;
}

/** In pieces that end wherever they end: the verdict is that of one line after the other, whatever the pieces. */
function verify(lines: readonly string[], against: VerifyAgainst): ExportVerdict {
  const [apart, inPieces] = [verifyExport(against), verifyExport(against)];
  lines.every(apart.take);
  for (let from = 0, to = 0; from < lines.length; from = to) {
    to = from + pieces.between(1, 200);
    const isLast = to >= lines.length;
    const text = lines.slice(from, to).join('\n');
    if (!inPieces.takePiece(digestPiece(Buffer.from(isLast ? text : `${text}\n`)))) break;
  }
  const verdict = inPieces.finish();
  expect(verdict).toEqual(apart.finish());
  return verdict;
}
const kept = (): VerifyAgainst => ({ witnessed: [organization.kept], keyFingerprints: [] });
const nothing: VerifyAgainst = { witnessed: [], keyFingerprints: [] };

async function tryTampering(
  name: string,
  n: number,
): Promise<{ done: Tampering; alone: ExportVerdict; held: ExportVerdict }> {
  await admin.query('begin');
  try {
    const done = await tamperings[name]?.({ admin, organization, random: seededRandom(seed * 1_000_003 + n) });
    if (done === undefined) throw new Error(`there is no ${name}`);
    const lines = await exportLines();
    return { done, alone: verify(lines, nothing), held: verify(lines, kept()) };
  } finally {
    await admin.query('rollback');
  }
}

async function expectUntampered(): Promise<void> {
  await admin.query('begin');
  const lines = await exportLines();
  await admin.query('rollback');
  for (const against of [nothing, kept()])
    expect(verify(lines, against)).toMatchObject({ kind: 'intact', records: organization.records, unsealed: 3 });
}

const names = Object.keys(tamperings);

test(`${count} random tamperings by the superuser are found, untampered is not (seed ${seed})`, async () => {
  const found: Record<string, { times: number; exactly: number; by: string }> = {};
  for (let n = 0; n < count; n += 1) {
    if (n % 50 === 0) await expectUntampered();
    const name = names[n % names.length] as string;
    const { done, alone, held } = await tryTampering(name, n);
    const what = `${name}, number ${n}, seed ${seed}: ${JSON.stringify({ done, alone, held })}`;
    if (held.kind !== 'broken') throw new Error(`not found: ${what}`);
    if (done.foundBy === 'chain') {
      // Named by the export itself, exactly.
      expect(held.seq, what).toBe(done.seq);
      expect(held.upToSeq, what).toBe(done.seq);
      expect(alone, what).toEqual(held);
    } else if (done.foundBy === 'signer') {
      expect(alone.kind, what).toBe('broken');
    } else {
      // The export contradicts itself nowhere: without what somebody kept outside it would pass.
      expect(alone.kind, what).toBe('intact');
    }
    if (done.seq !== null) {
      expect(held.seq, what).toBeLessThanOrEqual(done.seq);
      expect(held.upToSeq, what).toBeGreaterThanOrEqual(done.seq);
    }
    const row = found[name] ?? { times: 0, exactly: 0, by: done.foundBy };
    found[name] = { ...row, times: row.times + 1, exactly: row.exactly + (held.seq === done.seq ? 1 : 0) };
  }
  await expectUntampered();
  console.table(Object.entries(found).map(([tampering, row]) => ({ tampering, ...row })));
  expect(Object.keys(found).length).toBe(Math.min(names.length, count));
}, 300_000);

test('a file with any line left out, doubled, moved or cut does not hold either', async () => {
  await admin.query('begin');
  const lines = await exportLines();
  await admin.query('rollback');
  const random = seededRandom(seed);
  const isVoucher = (line = '') => line.includes('"kind":"checkpoint"') || line.includes('"kind":"cosignature"');
  for (let n = 0; n < 200; n += 1) {
    const at = random.between(0, lines.length - 1);
    const line = lines[at] as string;
    const forged = random.pick([
      // Who vouches may be left out or said twice: that hides nothing.
      isVoucher(line) ? lines.slice(0, at) : lines.toSpliced(at, 1),
      isVoucher(line) ? lines.slice(0, at) : lines.toSpliced(at, 0, line),
      lines.slice(0, Math.max(at, 1)),
      lines.with(at, line.slice(0, random.between(1, line.length - 1))),
      lines.with(at, '{"kind":"other"}'),
      [...lines, lines[1] as string],
    ]);
    expect(verify(forged, kept()).kind, `number ${n}, line ${at + 1}`).toBe('broken');
  }
  expect(verify([], kept())).toMatchObject({ kind: 'broken', reason: 'the file is empty' });
});

test('what was kept and altered is not believed, nor what is of another organization', async () => {
  await admin.query('begin');
  const lines = await exportLines();
  await admin.query('rollback');
  const { kept: seen } = organization;
  for (const altered of [
    { ...seen, checkpoint: { ...seen.checkpoint, root: 'a'.repeat(64) } },
    { ...seen, cosignature: { ...seen.cosignature, at: '2026-01-01T00:00:00.000Z' } },
    { ...seen, checkpoint: { ...seen.checkpoint, organizationId: 'org_other' } },
  ])
    expect(verify(lines, { witnessed: [altered], keyFingerprints: [] }).kind).toBe('broken');
  expect(verify(lines, { witnessed: [], keyFingerprints: [`SHA256:${'A'.repeat(43)}`] })).toMatchObject({
    kind: 'broken',
    reason: expect.stringContaining('none of the keys that are believed'),
  });
});
