import { generateKeyPairSync } from 'node:crypto';
import net from 'node:net';
import { frameBytesMax, outputPieceBytesMax } from '@sena/contracts/frames';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { encodeFrames, messageBytesMax } from '@sena/tunnel/encode-frames';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import {
  ackOf,
  connect,
  dial,
  helloOf,
  outputOf,
  resultOf,
  type ScriptedSatellite,
} from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;
beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2, satellites: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
});
/** Whatever happened, an enrolled satellite still gets in. */
afterEach(async () => {
  const friend = await bench.seedFleet();
  const tunnel = await connect(bench.port, friend.satellites[0] as SeededSatellite);
  await tunnel.close();
});

/** One frame of another protocol. */
const strangeFrame = (frame: object) => encodeFrames([frame as never]);
/** msgpack, by hand: a message with one frame, whose only value has so many bytes. */
function frameOf(bytes: number): Buffer {
  const header = Buffer.from([0x91, 0x81, 0xa1, 0x74, 0xc6, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes, 5);
  return Buffer.concat([header, Buffer.alloc(bytes)]);
}
const stored = async () =>
  (
    await bench.admin.query(
      `select connection_epoch::integer as epoch, relay_id, last_seen_at, journal_id from satellites where id = $1`,
      [satellite.id],
    )
  ).rows[0];
const untouched = { epoch: 0, relay_id: null, last_seen_at: null, journal_id: null };
const logged = (code: string) => eventually(`"${code}" is logged`, () => bench.log.some((line) => line.code === code));

async function refusedWith(tunnel: ScriptedSatellite, code: string, closeCode: number): Promise<void> {
  expect(await tunnel.next('refused')).toMatchObject({ code, message: expect.stringMatching(/\.$/) });
  expect((await tunnel.closed).code).toBe(closeCode);
  await logged(code);
}

describe('a hello', () => {
  const strange = (): SeededSatellite => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const publicKeySpki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
    return { id: 'sat_strange', privateKey, publicKeySpki };
  };

  async function say(hello: (challenge: { nonce: string; relayId: string }) => ReturnType<typeof helloOf>) {
    const tunnel = await dial(bench.port);
    tunnel.send(hello(await tunnel.next('challenge')));
    return tunnel;
  }

  test('by a key that is not enrolled is refused', async () => {
    await refusedWith(await say((challenge) => helloOf(strange(), challenge)), 'satellite_unknown', 4401);
  });

  test('that names an enrolled key and is signed by another is refused', async () => {
    const forged = await say((challenge) => helloOf({ ...satellite, privateKey: strange().privateKey }, challenge));
    await refusedWith(forged, 'signature_invalid', 4401);
    expect(await stored()).toEqual(untouched);
  });

  test('that was recorded on another connection is refused', async () => {
    const first = await dial(bench.port);
    const recorded = helloOf(satellite, await first.next('challenge'));
    await refusedWith(await say(() => recorded), 'signature_invalid', 4401);
    await first.close();
    expect(await stored()).toEqual(untouched);
  });

  test('that was meant for another relay is refused', async () => {
    const elsewhere = await say(({ nonce }) => helloOf(satellite, { nonce, relayId: 'relay-2' }));
    await refusedWith(elsewhere, 'signature_invalid', 4401);
    expect(await stored()).toEqual(untouched);
  });

  test('of a revoked satellite is refused', async () => {
    await bench.admin.query('update satellites set revoked_at = now() where id = $1', [satellite.id]);
    await refusedWith(await say((challenge) => helloOf(satellite, challenge)), 'satellite_revoked', 4401);
    expect(await stored()).toEqual(untouched);
  });

  test('in a protocol that is not spoken here is refused', async () => {
    const future = await say((challenge) => helloOf(satellite, challenge, { protocols: [99] }));
    await refusedWith(future, 'protocol_unsupported', 4401);
    expect(await stored()).toEqual(untouched);
  });

  test('with characters that PostgreSQL can not hold is refused', async () => {
    const odd = await say((challenge) => helloOf(satellite, challenge, { version: '1\u0000' }));
    await refusedWith(odd, 'malformed_frame', 4401);
    expect(await stored()).toEqual(untouched);
  });

  test('that does not come in time closes the connection', async () => {
    const impatient = await bench.startRelay('relay-impatient', { handshakeMs: 100 });
    const silent = await dial(impatient.port);
    expect(await silent.closed).toEqual({ code: 4408, reason: 'no hello in time' });
    await logged('handshake_timeout');
    await impatient.stop();
  });

  test('is said once', async () => {
    const tunnel = await dial(bench.port);
    const hello = helloOf(satellite, await tunnel.next('challenge'));
    tunnel.send(hello);
    await tunnel.next('welcome');
    tunnel.send(hello);
    await refusedWith(tunnel, 'malformed_frame', 4400);
  });
});

describe('before the hello', () => {
  test.each<[string, (tunnel: ScriptedSatellite) => void, string]>([
    ['a result', (tunnel) => tunnel.send(resultOf(crypto.randomUUID())), 'malformed_frame'],
    ['a text message', (tunnel) => tunnel.sendRaw('hello'), 'malformed_frame'],
    ['rubbish', (tunnel) => tunnel.sendRaw(Buffer.from('c1c1c1', 'hex')), 'malformed_frame'],
    ['nothing at all', (tunnel) => tunnel.sendRaw(Buffer.alloc(0)), 'malformed_frame'],
    ['an unknown frame', (tunnel) => tunnel.sendRaw(strangeFrame({ t: 'sudo' })), 'unknown_frame'],
    ['more than a hello has', (tunnel) => tunnel.sendRaw(Buffer.alloc(20_000)), 'oversized_frame'],
  ])('%s is refused', async (_what, send, code) => {
    const tunnel = await dial(bench.port);
    await tunnel.next('challenge');
    send(tunnel);
    await refusedWith(tunnel, code, 4400);
  });

  test.each<[string, (tunnel: ScriptedSatellite) => void]>([
    ['one message that has not ended', (tunnel) => tunnel.sendRaw(Buffer.alloc(1_000_000))],
    ['many pieces of one message', (tunnel) => tunnel.sendPieces(Buffer.alloc(1_000), 1_000)],
  ])('the socket is cut after 64 KiB: %s', async (_what, send) => {
    const tunnel = await dial(bench.port);
    await tunnel.next('challenge');
    send(tunnel);
    // No word and no close handshake: what is cut is the socket.
    expect(await tunnel.closed).toEqual({ code: 1006, reason: '' });
    await logged('stranger_too_large');
    expect(tunnel.heard.map((frame) => frame.t)).toEqual(['challenge']);
  });

  test('once it is known, a satellite may say much more than that', async () => {
    const { dispatchId, executions } = await bench.prepareDispatch(fleet);
    const tunnel = await connect(bench.port, satellite);
    await tunnel.next('dispatch');
    const [executionId] = executions as [string];
    tunnel.send(ackOf(dispatchId), outputOf(executionId, Buffer.alloc(outputPieceBytesMax)));
    expect(await tunnel.next('output-ack')).toMatchObject({ executionId, offset: outputPieceBytesMax });
    await tunnel.close();
  });

  test('a hello with something behind it is refused', async () => {
    const tunnel = await dial(bench.port);
    tunnel.send(helloOf(satellite, await tunnel.next('challenge')), resultOf(crypto.randomUUID()));
    await refusedWith(tunnel, 'malformed_frame', 4400);
    expect(await stored()).toEqual(untouched);
  });
});

describe('a connected satellite that breaks the protocol loses its tunnel', () => {
  test.each<[string, (tunnel: ScriptedSatellite) => void, string]>([
    ['a text message', (tunnel) => tunnel.sendRaw('result'), 'malformed_frame'],
    ['an unknown frame', (tunnel) => tunnel.sendRaw(strangeFrame({ t: 'sudo' })), 'unknown_frame'],
    [
      'an unknown field',
      (tunnel) =>
        tunnel.sendRaw(
          strangeFrame({ t: 'dispatch-ack', dispatchId: 'x', accepted: true, code: null, message: null, as: 'root' }),
        ),
      'malformed_frame',
    ],
    ['a frame that is too large', (tunnel) => tunnel.sendRaw(frameOf(frameBytesMax)), 'oversized_frame'],
  ])('%s', async (_what, send, code) => {
    const tunnel = await connect(bench.port, satellite);
    send(tunnel);
    await refusedWith(tunnel, code, 4400);
    await eventually('it is let go', async () => (await stored()).relay_id === null);
  });

  test('a message beyond what is taken at all', async () => {
    const tunnel = await connect(bench.port, satellite);
    tunnel.sendRaw(Buffer.alloc(messageBytesMax + 1));
    expect((await tunnel.closed).code).toBe(1009);
  });

  test('a piece of output larger than a piece may be', async () => {
    const tunnel = await connect(bench.port, satellite);
    tunnel.send(outputOf(crypto.randomUUID(), Buffer.alloc(outputPieceBytesMax + 1)));
    await refusedWith(tunnel, 'oversized_frame', 4400);
  });

  test('a result that PostgreSQL refuses is recorded as unknown and acknowledged: what follows on its tunnel goes on', async () => {
    const mine = await bench.prepareDispatch(fleet);
    const tunnel = await connect(bench.port, satellite);
    await tunnel.next('dispatch');
    const [first, second] = mine.executions as [string, string];
    tunnel.send(resultOf(first, { durationMs: 2 ** 40 }), resultOf(second));
    for (const _ of mine.executions) await tunnel.next('outcome-ack');
    const outcomes = await bench.admin.query<{ execution_id: string; kind: string; reason: string | null }>(
      'select execution_id, kind, reason from outcomes where execution_id = any($1) order by kind',
      [mine.executions],
    );
    expect(outcomes.rows).toEqual([
      { execution_id: second, kind: 'exited', reason: null },
      { execution_id: first, kind: 'unknown', reason: 'report_unreadable' },
    ]);
    await tunnel.close();
  });
});

describe('over HTTP', () => {
  const answerTo = (request: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = net.connect(bench.port, '127.0.0.1', () => socket.end(request));
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('close', () => resolve(answer.split('\r\n', 1)[0] as string));
      socket.on('error', reject);
    });
  const upgrade = (path: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nhost: relay\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${more}\r\n`;

  test.each([
    ['a page in a browser', upgrade('/v1/tunnel', 'origin: https://evil.example\r\n'), 'HTTP/1.1 403 Forbidden'],
    ['another path', upgrade('/v1/other'), 'HTTP/1.1 404 Not Found'],
    ['a path that is no URL', upgrade('//'), 'HTTP/1.1 404 Not Found'],
    ['an absolute address of nothing', upgrade('http://'), 'HTTP/1.1 404 Not Found'],
    [
      'a plain request',
      'GET /v1/tunnel HTTP/1.1\r\nhost: relay\r\nconnection: close\r\n\r\n',
      'HTTP/1.1 404 Not Found',
    ],
  ])('%s is refused', async (_what, request, status) => {
    expect(await answerTo(request)).toBe(status);
  });

  test('who hangs up in the middle does no harm', async () => {
    for (const request of [upgrade('/v1/other'), upgrade('/v1/tunnel'), 'GET /']) {
      await new Promise<void>((resolve) => {
        const socket = net.connect(bench.port, '127.0.0.1', () => {
          socket.write(request);
          socket.resetAndDestroy();
          resolve();
        });
      });
    }
    expect((await fetch(`http://127.0.0.1:${bench.port}/readyz`)).status).toBe(200);
  });
});

test('nothing secret is in the log', () => {
  const text = JSON.stringify(bench.log);
  expect(bench.log.length).toBeGreaterThan(10);
  expect(text).not.toMatch(/signature"|nonce|jws of|test-sena_relay/);
});
