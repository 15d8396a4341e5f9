import type { Checkpoint, CheckpointKey, Cosignature, SatelliteKeyChange } from '@sena/contracts/domain/checkpoint';
import { openPool, type Pool } from '@sena/db/tenant';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { signIdentityChange } from '@sena/envelope/identity-change';
import { cosign } from '@sena/envelope/sign-checkpoint';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { type SeededSatellite, seedFleet } from '@sena/testing/seed-fleet';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportLine } from './export-line.ts';
import { makeWitnessedOrganization, type WitnessedOrganization } from './fixtures/witnessed-organization.ts';
import { verifyExport } from './verify-export.ts';
import { writeExport } from './write-export.ts';

let database: TestDatabase;
let app: Pool;
let admin: pg.Client;
let organization: WitnessedOrganization;
let satellite: SeededSatellite;
const next = generateKeyPair();

beforeAll(async () => {
  database = await createTestDatabase();
  app = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('set search_path = sena');
  const fleet = await seedFleet(database.adminUrl, { satellites: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
  organization = await makeWitnessedOrganization(app, admin, fleet, { records: 60, sizes: [20, 40, 60], unsealed: 0 });
});
afterAll(async () => {
  await admin.end();
  await app.end();
  await database.drop();
});

function changeOf(by: { privateKey: SeededSatellite['privateKey'] } = satellite): SatelliteKeyChange {
  const words = {
    ...{ satelliteId: satellite.id, formerPublicKey: satellite.publicKeySpki, publicKey: next.publicKeySpki },
    ...{ nonce: 'n'.repeat(43), relayId: 'relay-1' },
  };
  return {
    ...words,
    formerSignature: signIdentityChange(words, by.privateKey),
    signature: signIdentityChange(words, next.privateKey),
  };
}

async function exported(): Promise<ExportLine[]> {
  let text = '';
  for await (const piece of writeExport(app, organization.organizationId, 0)) text += piece;
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** From 60 on the satellite signs with its new key. `change`: what the export says of that. */
async function judge(change: SatelliteKeyChange | null) {
  const kept = { checkpoint: null as Checkpoint | null, cosignature: null as Cosignature | null };
  let last: Checkpoint | null = null;
  let key: CheckpointKey | null = null;
  const lines: ExportLine[] = [];
  for (const line of await exported()) {
    if (line.kind === 'header') key = line.keys[0] as CheckpointKey;
    if (line.kind === 'checkpoint') {
      const { kind: _, ...checkpoint } = line;
      last = checkpoint;
    }
    if (line.kind !== 'cosignature' || line.satelliteId !== satellite.id || last === null) {
      lines.push(line);
    } else if (last.size < 60) {
      const { kind: _, ...cosignature } = line;
      Object.assign(kept, { checkpoint: last, cosignature });
      lines.push(line);
    } else {
      const own = { satelliteId: satellite.id, publicKey: next.publicKeySpki, privateKey: next.privateKey };
      lines.push({ kind: 'cosignature', ...cosign(last, own, new Date('2026-01-02T00:00:00.000Z')) });
    }
    if (line.kind === 'header' && change !== null) lines.push({ kind: 'satellite-key', ...change });
  }
  const witnessed = { v: 1, ...kept, key } as WitnessedOrganization['kept'];
  const verifier = verifyExport({ witnessed: [witnessed], keyFingerprints: [] });
  for (const line of lines) verifier.take(JSON.stringify(line));
  return verifier.finish();
}

test('its new key is believed by what the former one has signed, and then its signature counts as before', async () => {
  const verdict = await judge(changeOf());
  expect(verdict).toMatchObject({ kind: 'intact', records: 60 });
  expect(verdict.kind === 'intact' && verdict.vouchers).toContainEqual(
    expect.objectContaining({ by: 'cosignature', satelliteId: satellite.id, size: 60, isPinned: true }),
  );
});

test('without that, or with a change that the former key has not signed, it is by another key than the satellite’s', async () => {
  expect(await judge(null)).toMatchObject({ kind: 'broken', reason: expect.stringMatching(/by another key/) });
  expect(await judge(changeOf(generateKeyPair()))).toMatchObject({
    kind: 'broken',
    reason: expect.stringMatching(/not signed by the former one/),
  });
});

test('an export tells the changes that there were', async () => {
  const { satelliteId, formerPublicKey, publicKey, ...proof } = changeOf();
  await admin.query(
    'insert into satellite_key_changes (organization_id, satellite_id, former_public_key, public_key, proof) values ($1, $2, $3, $4, $5)',
    [organization.organizationId, satelliteId, formerPublicKey, publicKey, JSON.stringify(proof)],
  );
  const told = (await exported()).filter(({ kind }) => kind === 'satellite-key');
  expect(told).toEqual([{ kind: 'satellite-key', satelliteId, formerPublicKey, publicKey, ...proof }]);
});
