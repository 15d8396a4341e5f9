import type { Session } from '@sena/contracts/frames';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { connect, dial, helloOf, type ScriptedSatellite } from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;
let otherPort: number;

beforeAll(async () => {
  bench = await openRelayBench();
  otherPort = (await bench.startRelay('relay-2')).port;
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ satellites: 1 });
  satellite = fleet.satellites[0] as SeededSatellite;
});

const protocols = [3, 2, 1];
/** Of a state directory: what it holds. A copy of this is a copy of that. */
interface Directory {
  session: Session | null;
}
type Connected = ScriptedSatellite & { welcome: { session?: Session | undefined } };

/** Connects with what the directory holds; `keeps`: writes the next session and says so, as a satellite does. */
async function arrive(directory: Directory, { port = bench.port, keeps = true } = {}): Promise<Connected> {
  const tunnel = await connect(port, satellite, { protocols, session: directory.session });
  if (keeps) await keep(tunnel, directory);
  return tunnel;
}
async function keep(tunnel: Connected, directory: Directory): Promise<void> {
  const session = tunnel.welcome.session as Session;
  directory.session = session;
  tunnel.send({ t: 'session-kept', counter: session.counter });
  await eventually('it is written that it was kept', async () => (await row()).session_counter >= session.counter);
}
async function row() {
  const found = await bench.admin.query(
    `select session_counter::int, session_token, pending_token, locked_at is not null as locked, lock, relay_id, connection_epoch::int
     from satellites where id = $1`,
    [satellite.id],
  );
  return found.rows[0];
}
const audited = async (action: string) =>
  (await bench.admin.query('select data from audit_events where subject = $1 and action = $2', [satellite.id, action]))
    .rows;

/** Shows the same to the first challenge and to the second, as who holds nothing newer does. */
async function arriveOld(session: Session | null, port = bench.port): Promise<{ code: string; message: string }> {
  const tunnel = await dial(port);
  for (let n = 0; n < 2; n += 1)
    tunnel.send(helloOf(satellite, await tunnel.next('challenge'), { protocols, session }));
  const { code, message } = await tunnel.next('refused');
  await tunnel.closed;
  return { code, message };
}

test('each connection has the next number and a token of its own, and a satellite that keeps them is never locked', async () => {
  const directory: Directory = { session: null };
  const seen: Session[] = [];
  for (let n = 0; n < 5; n += 1) {
    const tunnel = await arrive(directory, { port: n % 2 === 0 ? bench.port : otherPort });
    seen.push(tunnel.welcome.session as Session);
    await tunnel.close();
  }
  expect(seen.map(({ counter }) => counter)).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(seen.map(({ token }) => token)).size).toBe(5);
  expect((await row()).locked).toBe(false);
});

test.each([
  ['the same relay', () => bench.port],
  ['another relay', () => otherPort],
])(
  'of two copies the one with the older number locks the satellite, at %s: both tunnels are over',
  async (_where, port) => {
    const original: Directory = { session: null };
    await (await arrive(original)).close();
    const copy = { ...original };
    const tunnel = await arrive(original);
    expect(await arriveOld(copy.session, port())).toMatchObject({ code: 'satellite_locked' });
    expect((await tunnel.closed).code).toBe(4403);
    expect(await row()).toMatchObject({
      ...{ locked: true, relay_id: null },
      lock: { shownCounter: 1, keptCounter: 2, address: expect.any(String), formerAddress: expect.any(String) },
    });
    expect(await audited('satellite.locked')).toMatchObject([{ data: { shownCounter: 1, keptCounter: 2 } }]);
    // Neither comes in again.
    for (const { session } of [original, copy]) {
      const again = await dial(bench.port);
      again.send(helloOf(satellite, await again.next('challenge'), { protocols, session }));
      const refused = await again.next('refused');
      expect(refused.code).toBe('satellite_locked');
      expect(refused.message).toMatch(/revoke it.*enrol it again|unlock/s);
      await again.closed;
    }
  },
);

test('the copy that connects first takes over; the original, with the older number, is what locks it', async () => {
  const original: Directory = { session: null };
  const first = await arrive(original);
  const copy = { ...original };
  const thief = await arrive(copy);
  await first.closed;
  expect((await arriveOld(original.session)).code).toBe('satellite_locked');
  expect((await thief.closed).code).toBe(4403);
});

test('a restored backup is a copy', async () => {
  const directory: Directory = { session: null };
  await (await arrive(directory)).close();
  const backup = { ...directory };
  for (let n = 0; n < 3; n += 1) await (await arrive(directory)).close();
  expect(await arriveOld(backup.session)).toMatchObject({ message: expect.stringMatching(/restored from a backup/) });
});

test('the key alone, without any session, or with a guessed one, is a copy too', async () => {
  for (const session of [null, { counter: 2, token: 'guessed' }, { counter: 1e15, token: 'guessed' }]) {
    fleet = await bench.seedFleet({ satellites: 1 });
    satellite = fleet.satellites[0] as SeededSatellite;
    const directory: Directory = { session: null };
    await (await arrive(directory)).close();
    await (await arrive(directory)).close();
    expect((await arriveOld(session)).code).toBe('satellite_locked');
  }
});

test('a second connection alone proves nothing: half-open, or twice in a moment, with the present number', async () => {
  const directory: Directory = { session: null };
  await arrive(directory);
  const before = directory.session;
  // The first one is still there, as a half-open one would be.
  const [second, third] = await Promise.all([
    connect(bench.port, satellite, { protocols, session: before }),
    connect(otherPort, satellite, { protocols, session: before }),
  ]);
  expect(second.welcome.session).toEqual(third.welcome.session);
  expect((await row()).locked).toBe(false);
  await keep(third, directory);
  const fourth = await arrive(directory);
  expect((await row()).locked).toBe(false);
  await fourth.close();
});

test('a welcome that never arrived is given again, however often; and one that was kept and not told counts', async () => {
  const directory: Directory = { session: null };
  await (await arrive(directory)).close();
  const lost: Session[] = [];
  for (let n = 0; n < 3; n += 1) {
    const tunnel = await arrive(directory, { keeps: false, port: n === 1 ? otherPort : bench.port });
    lost.push(tunnel.welcome.session as Session);
    await tunnel.close();
  }
  expect(new Set(lost.map(({ counter, token }) => `${counter} ${token}`)).size).toBe(1);
  // On disk, and the satellite stopped before it could say so.
  directory.session = lost[0] as Session;
  await (await arrive(directory)).close();
  expect(directory.session.counter).toBe(3);
  expect(await row()).toMatchObject({ locked: false, session_counter: 3 });
});

test('an old word that was long under way locks nobody: who does not answer a second time is not there', async () => {
  const directory: Directory = { session: null };
  await (await arrive(directory)).close();
  const old = directory.session;
  // Its socket stays open, and nobody is behind it any more.
  const gone = await dial(otherPort);
  const challenge = await gone.next('challenge');
  const tunnel = await arrive(directory);
  gone.send(helloOf(satellite, challenge, { protocols, session: old }));
  await gone.next('challenge');
  await eventually('it is told', async () =>
    bench.log.some((line) => line.satelliteId === satellite.id && String(line.msg).includes('asked again')),
  );
  expect(await row()).toMatchObject({ locked: false, session_counter: 2 });
  // The same satellite, asked again, shows what it has by now.
  gone.send(
    helloOf(satellite, gone.heard.findLast(({ t }) => t === 'challenge') as never, {
      protocols,
      session: directory.session,
    }),
  );
  expect((await gone.next('welcome')).session?.counter).toBe(3);
  await tunnel.closed;
  expect((await row()).locked).toBe(false);
});

test('where the database was set back, satellites that have seen more go on, and it is told', async () => {
  const directory: Directory = { session: null };
  for (let n = 0; n < 4; n += 1) await (await arrive(directory)).close();
  await bench.admin.query(
    `update satellites set session_counter = 2, session_token = 'of then', pending_token = null where id = $1`,
    [satellite.id],
  );
  const tunnel = await arrive(directory);
  expect(tunnel.welcome.session?.counter).toBe(5);
  expect(await audited('satellite.session_ahead')).toHaveLength(1);
  expect((await row()).locked).toBe(false);
});

test('an older protocol is no way around it', async () => {
  const directory: Directory = { session: null };
  await (await arrive(directory)).close();
  const tunnel = await dial(bench.port);
  tunnel.send(helloOf(satellite, await tunnel.next('challenge'), { protocols: [2] }));
  expect((await tunnel.next('refused')).code).toBe('session_missing');
  await tunnel.closed;
  expect((await row()).locked).toBe(false);
});

test('a locked satellite is given no work, and after an owner has unlocked it the first copy that comes is the one', async () => {
  const directory: Directory = { session: null };
  await (await arrive(directory)).close();
  const copy = { ...directory };
  const tunnel = await arrive(directory);
  await arriveOld(copy.session);
  await tunnel.closed;
  const { dispatchId } = await bench.prepareDispatch(fleet);
  const sent = async () =>
    (await bench.admin.query('select sent_at from dispatches where id = $1', [dispatchId])).rows[0].sent_at;
  expect(await sent()).toBeNull();
  // As unlock_satellite does it.
  await bench.admin.query(
    'update satellites set locked_at = null, lock = null, session_token = null, pending_token = null where id = $1',
    [satellite.id],
  );
  const back = await arrive(directory);
  expect((await back.next('dispatch')).dispatchId).toBe(dispatchId);
  expect(directory.session?.counter).toBe(3);
  expect((await arriveOld(copy.session)).code).toBe('satellite_locked');
});

test('many that come at once have a session each, and all of them are kept', async () => {
  const many = await bench.seedFleet({ satellites: 40 });
  const tunnels = await Promise.all(
    many.satellites.map((each) => connect(bench.port, each, { protocols, session: null })),
  );
  expect(tunnels.every(({ welcome }) => welcome.session?.counter === 1)).toBe(true);
  for (const tunnel of tunnels) tunnel.send({ t: 'session-kept', counter: 1 });
  await eventually('all are kept', async () => {
    const kept = await bench.admin.query(
      'select count(*)::int as n from satellites where organization_id = $1 and session_counter = 1',
      [many.organizationId],
    );
    return kept.rows[0].n === many.satellites.length;
  });
  await Promise.all(tunnels.map((tunnel) => tunnel.close()));
});
