import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { publicKeyFingerprint } from '@sena/envelope/fingerprint';
import { signIdentityChange } from '@sena/envelope/identity-change';
import { openSignals, type Signals } from '@sena/signals/open-signals';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from '../fixtures/open-relay-bench.ts';
import { connect, dial, helloOf } from '../fixtures/scripted-satellite.ts';

let bench: RelayBench;
let signals: Signals;
let fleet: SeededFleet;
let satellite: SeededSatellite;
const protocols = [3, 2, 1];

beforeAll(async () => {
  // The clock is not what finds them out, where a ring does.
  bench = await openRelayBench({ presenceMs: 60_000 });
  signals = await openSignals(
    { kind: 'postgres', url: bench.database.urls.queue },
    { logger: createLogger('relay', 'silent') },
  );
});
afterAll(async () => {
  await signals.close();
  await bench.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet({ satellites: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
  await addKey(1);
});

async function addKey(sequence: number): Promise<string> {
  const id = `dkey_${sequence}_of_${fleet.organizationId}`;
  await bench.admin.query(
    `insert into dispatch_keys (id, organization_id, public_key, fingerprint, sequence) values ($1, $2, 'k', 'f', $3)`,
    [id, fleet.organizationId, sequence],
  );
  if (sequence > 1)
    await bench.admin.query(
      `insert into dispatch_key_statements (organization_id, sequence, kind, key_id, jws) values ($1, $2, 'succession', $3, $4)`,
      [fleet.organizationId, sequence, id, `statement ${sequence}`],
    );
  return id;
}
const believed = async () =>
  (await bench.admin.query('select dispatch_key_id from satellites where id = $1', [satellite.id])).rows[0]
    .dispatch_key_id;
const refusals = async () =>
  (
    await bench.admin.query(`select data from audit_events where subject = $1 and action = 'dispatch_key.refused'`, [
      satellite.id,
    ])
  ).rows;
const hello = (sequence: number, newestKeyId: string) => ({
  ...{ protocols, session: null },
  dispatchKeys: { sequence, newestKeyId },
});

test('one that was away is told all that it has missed; what it believes is then what it is signed for with', async () => {
  const keys = [await addKey(2), await addKey(3), await addKey(4)];
  await bench.prepareDispatch(fleet);
  const tunnel = await connect(bench.port, satellite, hello(2, keys[0] as string));
  const told = await tunnel.next('dispatch-keys');
  expect(told.statements).toEqual(['statement 3', 'statement 4']);
  expect(await believed()).toBe(keys[0]);
  tunnel.send({ t: 'dispatch-keys-followed', sequence: 4, newestKeyId: keys[2] as string });
  await eventually('it is written', async () => (await believed()) === keys[2]);
  await tunnel.close();
});

test('one that is connected is told at once, and one that knows all of it hears nothing', async () => {
  const second = await addKey(2);
  const tunnel = await connect(bench.port, satellite, hello(2, second));
  const third = await addKey(3);
  await signals.ring(fleet.organizationId, 'keysChanged', {});
  expect((await tunnel.next('dispatch-keys')).statements).toEqual(['statement 3']);
  tunnel.send({ t: 'dispatch-keys-followed', sequence: 3, newestKeyId: third });
  await eventually('it is written', async () => (await believed()) === third);
  // Until it has answered it may be told again; what was under way by then is here soon.
  await sleep(300);
  const told = () => tunnel.heard.filter(({ t }) => t === 'dispatch-keys').slice(before);
  const before = tunnel.heard.filter(({ t }) => t === 'dispatch-keys').length;
  await signals.ring(fleet.organizationId, 'keysChanged', {});
  await sleep(300);
  expect(told()).toEqual([]);
  const fourth = await addKey(4);
  await signals.ring(fleet.organizationId, 'keysChanged', {});
  await eventually('it is told', async () => told().length > 0);
  expect(told()[0]).toMatchObject({ statements: ['statement 4'] });
  expect(fourth).toContain('dkey_4');
  await tunnel.close();
});

test('a refusal is recorded once, and changes nothing of what it is signed for with', async () => {
  const first = `dkey_1_of_${fleet.organizationId}`;
  await addKey(2);
  const tunnel = await connect(bench.port, satellite, hello(1, first));
  await tunnel.next('dispatch-keys');
  const refused = {
    t: 'dispatch-keys-refused',
    sequence: 1,
    code: 'statement_signature_wrong',
    message: 'no\u0000',
  } as const;
  tunnel.send(refused, refused);
  await eventually('it is recorded', async () => (await refusals()).length === 1);
  await signals.ring(fleet.organizationId, 'keysChanged', {});
  tunnel.send(refused);
  await tunnel.close();
  expect(await refusals()).toMatchObject([{ data: { code: 'statement_signature_wrong', sequence: 1 } }]);
  expect(await believed()).toBe(first);
});

test('an older protocol is told nothing', async () => {
  await addKey(2);
  const old = await connect(bench.port, satellite, { protocols: [2] });
  await signals.ring(fleet.organizationId, 'keysChanged', {});
  await (await connect(bench.port, fleet.satellites[1] as SeededSatellite, hello(2, 'dkey'))).close();
  expect(old.heard.some(({ t }) => t === 'dispatch-keys')).toBe(false);
  await old.close();
});

describe('a satellite’s own key', () => {
  const next = () => generateKeyPair();
  const change = (
    tunnel: { heard: ReadonlyArray<{ t: string }> },
    pair: ReturnType<typeof next>,
    alter: { former?: SeededSatellite; by?: ReturnType<typeof next>; nonce?: string } = {},
  ) => {
    const challenge = tunnel.heard.find(({ t }) => t === 'challenge') as unknown as { nonce: string; relayId: string };
    const former = alter.former ?? satellite;
    const words = {
      ...{ satelliteId: satellite.id, nonce: alter.nonce ?? challenge.nonce, relayId: challenge.relayId },
      ...{ formerPublicKey: former.publicKeySpki, publicKey: pair.publicKeySpki },
    };
    return {
      ...{ t: 'change-identity' as const, publicKey: pair.publicKeySpki },
      formerSignature: signIdentityChange(words, former.privateKey),
      signature: signIdentityChange(words, (alter.by ?? pair).privateKey),
    };
  };
  const withKey = (pair: ReturnType<typeof next>): SeededSatellite => ({
    ...{ id: satellite.id, privateKey: pair.privateKey, publicKeySpki: pair.publicKeySpki },
  });
  const stored = async () =>
    (await bench.admin.query('select public_key, fingerprint from satellites where id = $1', [satellite.id])).rows[0];
  const refusalOf = async (who: SeededSatellite, session: { counter: number; token: string } | null = null) => {
    const tunnel = await dial(bench.port);
    tunnel.send(helloOf(who, await tunnel.next('challenge'), { protocols, session }));
    const { code } = await tunnel.next('refused');
    await tunnel.closed;
    return code;
  };

  test('is changed when both keys have signed it, and the former one opens nothing from then on', async () => {
    const tunnel = await connect(bench.port, satellite, { protocols, session: null });
    const pair = next();
    tunnel.send(change(tunnel, pair));
    expect(await tunnel.next('identity-changed')).toMatchObject({ accepted: true, publicKey: pair.publicKeySpki });
    expect(await stored()).toEqual({ public_key: pair.publicKeySpki, fingerprint: pair.fingerprint });
    expect(await refusalOf(satellite)).toBe('satellite_unknown');
    const told = await bench.admin.query(
      `select actor, data from audit_events where subject = $1 and action = 'satellite.key_changed'`,
      [satellite.id],
    );
    expect(told.rows).toEqual([
      {
        actor: `satellite:${satellite.id}`,
        data: {
          formerFingerprint: publicKeyFingerprint(Buffer.from(satellite.publicKeySpki, 'base64url')),
          fingerprint: pair.fingerprint,
        },
      },
    ]);
    // This connection goes on, and another change goes from the new key.
    const third = next();
    tunnel.send(change(tunnel, third, { former: withKey(pair) }));
    expect((await tunnel.next('identity-changed')).accepted).toBe(true);
    await tunnel.close();
    expect(await refusalOf(withKey(pair))).toBe('satellite_unknown');
    const session = tunnel.welcome.session ?? null;
    await (await connect(bench.port, withKey(third), { protocols, session })).close();
  });

  test('stays when one signature is missing, is of another connection, or is by another key', async () => {
    const tunnel = await connect(bench.port, satellite, { protocols, session: null });
    const [pair, stranger] = [next(), next()];
    const frames = [
      change(tunnel, pair, { former: withKey(stranger) }),
      change(tunnel, pair, { by: stranger }),
      change(tunnel, pair, { nonce: 'n'.repeat(43) }),
      { ...change(tunnel, pair), publicKey: stranger.publicKeySpki },
      { ...change(tunnel, pair), signature: '' },
    ];
    for (const frame of frames) {
      tunnel.send(frame);
      expect((await tunnel.next('identity-changed')).accepted).toBe(false);
    }
    expect((await stored()).public_key).toBe(satellite.publicKeySpki);
    await tunnel.close();
  });

  test('told again because the answer was lost, over a connection that the former key had opened by then, it is taken', async () => {
    const tunnel = await connect(bench.port, satellite, { protocols, session: null });
    const pair = next();
    await bench.admin.query('update satellites set public_key = $2, fingerprint = $3 where id = $1', [
      ...[satellite.id, pair.publicKeySpki, pair.fingerprint],
    ]);
    tunnel.send(change(tunnel, pair));
    expect(await tunnel.next('identity-changed')).toMatchObject({ accepted: true, publicKey: pair.publicKeySpki });
    await tunnel.close();
  });

  test('a former key, or another satellite’s, never comes back, and the answer does not tell whose it is', async () => {
    const tunnel = await connect(bench.port, satellite, { protocols, session: null });
    const pair = next();
    const frame = change(tunnel, pair);
    tunnel.send(frame);
    await tunnel.next('identity-changed');
    const other = fleet.satellites[1] as SeededSatellite;
    const [foreign] = (await bench.seedFleet({ satellites: 1 })).satellites as [SeededSatellite];
    const messages = new Set<string | null>();
    for (const known of [satellite, other, foreign]) {
      tunnel.send(change(tunnel, { ...pair, ...known } as never, { former: withKey(pair) }));
      const { accepted, message } = await tunnel.next('identity-changed');
      expect(accepted).toBe(false);
      messages.add(message);
    }
    expect(messages.size).toBe(1);
    await tunnel.close();
    expect(await stored()).toMatchObject({ public_key: pair.publicKeySpki });
    const changes = await bench.admin.query(
      'select former_public_key from satellite_key_changes where satellite_id = $1',
      [satellite.id],
    );
    expect(changes.rows).toEqual([{ former_public_key: satellite.publicKeySpki }]);
  });

  test('a connection that was taken over since changes nothing', async () => {
    const former = await connect(bench.port, satellite, { protocols, session: null });
    await bench.admin.query('update satellites set connection_epoch = connection_epoch + 1 where id = $1', [
      satellite.id,
    ]);
    former.send(change(former, next()));
    expect((await former.next('identity-changed')).accepted).toBe(false);
    await former.close();
  });
});
