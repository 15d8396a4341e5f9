import { appendAuditEvents } from '@sena/audit/append-audit-event';
import { readAuditState } from '@sena/audit/read-audit-state';
import { sealOrganization } from '@sena/audit/seal-organization';
import type { Checkpoint } from '@sena/contracts/domain/checkpoint';
import { isConsistent } from '@sena/envelope/consistency-proof';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { growTree, leafHash } from '@sena/envelope/merkle-tree';
import { cosign, signCheckpoint } from '@sena/envelope/sign-checkpoint';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from '../fixtures/open-relay-bench.ts';
import { connect } from '../fixtures/scripted-satellite.ts';

const pair = generateKeyPair();
let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;

beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet();
  satellite = fleet.satellites[0] as SeededSatellite;
  await bench.admin.query(
    `insert into checkpoint_keys (id, organization_id, public_key, fingerprint, certificate) values ($1, $2, $3, 'f', 'certificate')`,
    [`ckey_${fleet.organizationId}`, fleet.organizationId, pair.publicKeySpki],
  );
});

/** As sealer and signer leave it. */
async function vouch(count: number): Promise<Checkpoint> {
  const { organizationId } = fleet;
  const events = Array.from({ length: count }, (_, n) => ({
    action: 'a.b',
    actor: 'service:test' as const,
    subject: `${n}`,
  }));
  await bench.inFleet(fleet, (transaction) => appendAuditEvents(transaction, events));
  await sealOrganization(bench.app, organizationId);
  const seals = await bench.admin.query<{ hash: string }>(
    'select hash from audit_seals where organization_id = $1 order by seq',
    [organizationId],
  );
  const tree = growTree();
  for (const { hash } of seals.rows) tree.append(leafHash(hash));
  const [size, root, headHash, at] = [
    tree.size(),
    tree.root().toString('hex'),
    seals.rows.at(-1)?.hash as string,
    new Date().toISOString(),
  ];
  const keyId = `ckey_${organizationId}`;
  const checkpoint = signCheckpoint({ organizationId, size, root, headHash, at, keyId }, pair.privateKey);
  await bench.admin.query(
    `insert into audit_checkpoints (organization_id, size, root, head_hash, at, key_id, signature, subtrees) values ($1, $2, $3, $4, $5, $6, $7, '{}')`,
    [organizationId, size, root, headHash, at, keyId, checkpoint.signature],
  );
  return checkpoint;
}
const signature = (checkpoint: Checkpoint, by = satellite) =>
  cosign(checkpoint, { satelliteId: by.id, publicKey: by.publicKeySpki, privateKey: by.privateKey }, new Date());
const state = () => bench.inFleet(fleet, readAuditState);
const signedSize = async () => (await state()).witnesses[0]?.signed?.size;
const protocols = [2, 1];

test('each new checkpoint goes to who is connected, with a proof from the last one it signed; its signature is kept', async () => {
  const first = await vouch(3);
  const tunnel = await connect(bench.port, satellite, { protocols });
  const asked = await tunnel.next('checkpoint');
  expect(asked).toMatchObject({
    checkpoint: first,
    key: { publicKey: pair.publicKeySpki, certificate: 'certificate' },
    proof: { fromSize: 0 },
  });
  tunnel.send({ t: 'checkpoint-cosigned', size: first.size, cosignature: signature(first) });
  await eventually('it is kept', async () => (await signedSize()) === first.size);

  const second = await vouch(5);
  const next = await tunnel.next('checkpoint');
  expect(next.proof.fromSize).toBe(first.size);
  expect(isConsistent(first, second, next.proof)).toBe(true);
  tunnel.send({ t: 'checkpoint-cosigned', size: second.size, cosignature: signature(second) });
  await eventually('the next is kept', async () => (await signedSize()) === second.size);
  await tunnel.close();
});

test('one that says nothing is asked again; one that has seen more than is known says so, and gets that proof', async () => {
  const first = await vouch(4);
  const second = await vouch(4);
  const tunnel = await connect(bench.port, satellite, { protocols });
  expect((await tunnel.next('checkpoint')).proof.fromSize).toBe(0);
  expect((await tunnel.next('checkpoint')).checkpoint).toEqual(second);
  tunnel.send({
    t: 'checkpoint-refused',
    size: second.size,
    code: 'proof_starts_elsewhere',
    message: 'm',
    seenSize: first.size,
  });
  const again = await eventually('a proof that begins there', async () => {
    const frame = tunnel.heard.findLast(({ t }) => t === 'checkpoint');
    return frame?.t === 'checkpoint' && frame.proof.fromSize === first.size && frame;
  });
  expect(isConsistent(first, second, again.proof)).toBe(true);
  expect((await state()).witnesses[0]?.refusal).toBeNull();
  await tunnel.close();
});

test('a refusal is shown, logged and recorded once, however often it comes, until it signs again', async () => {
  const first = await vouch(4);
  const tunnel = await connect(bench.port, satellite, { protocols });
  await tunnel.next('checkpoint');
  const refused = {
    t: 'checkpoint-refused',
    size: first.size,
    code: 'fork',
    message: 'rewritten\u0000',
    seenSize: 2,
  } as const;
  tunnel.send(refused, refused);
  const told = await eventually('it is shown', async () => (await state()).witnesses[0]?.refusal);
  expect(told).toMatchObject({ code: 'fork', size: first.size, seenSize: 2 });
  expect(
    bench.log.some(
      (line) => line.satelliteId === satellite.id && String(line.msg).includes('does not sign a checkpoint'),
    ),
  ).toBe(true);
  const rows = await bench.admin.query(
    `select actor from audit_events where organization_id = $1 and action = 'checkpoint.refused'`,
    [fleet.organizationId],
  );
  expect(rows.rows).toEqual([{ actor: `satellite:${satellite.id}` }]);
  const second = await vouch(1);
  await eventually('it is asked about the next', async () =>
    tunnel.heard.some((frame) => frame.t === 'checkpoint' && frame.checkpoint.size === second.size),
  );
  tunnel.send({ t: 'checkpoint-cosigned', size: second.size, cosignature: signature(second) });
  await eventually('it agrees again', async () => (await state()).witnesses[0]?.refusal === null);
  await tunnel.close();
});

test('a signature that is not the satellite’s own, or over something else, is not kept', async () => {
  const first = await vouch(2);
  const tunnel = await connect(bench.port, satellite, { protocols });
  await tunnel.next('checkpoint');
  const stranger = {
    ...satellite,
    ...(({ privateKey, publicKeySpki }) => ({ privateKey, publicKeySpki }))(generateKeyPair()),
  };
  const wrong = [
    { size: first.size, cosignature: signature(first, stranger) },
    { size: first.size, cosignature: signature({ ...first, size: first.size + 1 }) },
    { size: first.size, cosignature: { ...signature(first), satelliteId: 'sat_other' } },
    { size: first.size + 7, cosignature: signature(first) },
  ];
  tunnel.send(...wrong.map((each) => ({ t: 'checkpoint-cosigned' as const, ...each })));
  await eventually(
    'all are looked at',
    async () =>
      bench.log.filter((line) => line.satelliteId === satellite.id && String(line.msg).includes('it is not kept'))
        .length === wrong.length,
  );
  expect(await signedSize()).toBeUndefined();
  await tunnel.close();
});

test('where there are very many they take turns, and each is asked', async () => {
  fleet = await bench.seedFleet({ satellites: 70 });
  await bench.admin.query(
    `insert into checkpoint_keys (id, organization_id, public_key, fingerprint, certificate) values ($1, $2, $3, 'f', 'certificate')`,
    [`ckey_${fleet.organizationId}`, fleet.organizationId, pair.publicKeySpki],
  );
  const tunnels = await Promise.all(fleet.satellites.map((each) => connect(bench.port, each, { protocols })));
  const checkpoint = await vouch(3);
  const asked = await Promise.all(tunnels.map((tunnel) => tunnel.next('checkpoint', 30_000)));
  expect(asked.every((frame) => frame.checkpoint.size === checkpoint.size)).toBe(true);
  await Promise.all(tunnels.map((tunnel) => tunnel.close()));
}, 60_000);

test('a satellite of an older protocol is never asked', async () => {
  await vouch(2);
  const old = await connect(bench.port, satellite, { protocols: [1] });
  expect(old.welcome.protocol).toBe(1);
  const other = (await bench.seedFleet({ satellites: 1 })).satellites[0] as SeededSatellite;
  // Three looks of the relay: presence is reported by the same clock.
  const before = bench.log.length;
  for (let n = 0; n < 3; n += 1) {
    const passing = await connect(bench.port, other, { protocols });
    await passing.close();
  }
  await eventually('they have come and gone', async () => bench.log.length >= before + 6);
  expect(old.heard.some(({ t }) => t === 'checkpoint')).toBe(false);
  await old.close();
});
