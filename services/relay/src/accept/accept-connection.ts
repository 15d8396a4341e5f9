// One tunnel from its first frame to its last. Entered by the tunnel server for every WebSocket; hands frames to their rooms.
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import type { SatelliteIdentity } from '@sena/fleet/satellite-presence';
import type { RunNews } from '@sena/runs/ring-recorded-runs';
import type { Logger } from '@sena/telemetry/logger';
import { decodeSatelliteFrames, decodeSatelliteReports, type UnreadableReport } from '@sena/tunnel/decode-frames';
import { encodeFrames } from '@sena/tunnel/encode-frames';
import { createFrameBatcher } from '@sena/tunnel/frame-batcher';
import { FrameError } from '@sena/tunnel/frame-error';
import type { WebSocket } from 'ws';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';
import type { Waiting } from '../results/bound-waiting.ts';
import type { BoundStranger } from './bound-stranger.ts';
import { measureLiveness } from './measure-liveness.ts';
import { answerHello, type Handshake, openChallenge } from './shake-hands.ts';
import type { Known, TakenSatellite } from './take-satellite.ts';

/** Nobody is believed before the hello, and a hello is small. */
const helloBytesMax = 16 * 1024;

/** Who has left, and over which connection: a later one is not meant. */
export type EndedConnection = Pick<HeldSatellite, 'organizationId' | 'satelliteId' | 'connectionEpoch'>;

export interface ConnectionRooms {
  readonly relayId: string;
  readonly logger: Logger;
  readonly held: HeldSatellites;
  readonly timing: { readonly handshakeMs: number; readonly heartbeatMs: number };
  /** What is known to be full is not read, before its next message is in memory. */
  readonly waiting: Pick<Waiting, 'isFull' | 'watch'>;
  /** By the fingerprint of its key; null: never enrolled. */
  identify(fingerprint: string): Promise<SatelliteIdentity | null>;
  /** It becomes this relay's. */
  take(known: Known): Promise<TakenSatellite>;
  /** It was found to be there twice: whoever holds it closes its tunnel. */
  locked(organizationId: string, satelliteId: string): void;
  /** PostgreSQL is told that this connection is over. */
  letGo(connection: EndedConnection): Promise<void>;
  /** Before any other frame of this connection is handled. `news`: runs that learned something by its coming. */
  connected(
    satellite: HeldSatellite,
    arrival: { news: readonly RunNews[]; keySequence: number; isSiteLimited: boolean },
  ): Promise<void>;
  /** After the last frame was handled, before PostgreSQL is told. Once for each `connected`. */
  disconnected(satellite: HeldSatellite): Promise<void>;
  /** Once for each `connected`, after PostgreSQL was told. */
  left(satellite: HeldSatellite): Promise<void>;
  /** Resolves when there is room for more: until then the socket is not read. */
  frames(satellite: HeldSatellite, frames: Array<SatelliteFrame | UnreadableReport>): Promise<void>;
  /** True: what still arrives is left to the satellite, which sends it again. */
  isDraining(): boolean;
}

/** `address`: from where, for people. Resolves when the connection is over and PostgreSQL knows, or could not be told. */
export function acceptConnection(
  socket: WebSocket,
  stranger: BoundStranger,
  address: string,
  rooms: ConnectionRooms,
): Promise<void> {
  const { logger, timing } = rooms;
  let asked = openChallenge(rooms.relayId);
  let isCertain = false;
  let satellite: HeldSatellite | null = null;
  let isAlive = true;
  const liveness = measureLiveness(timing.heartbeatMs);
  let unhandled = 0;
  // Messages are handled one after the other: order is what offsets and acknowledgements rest on.
  let work = Promise.resolve();

  let handshakeTimer = waitForHello();
  const heartbeat = setInterval(() => {
    // While the socket is not read, silence is ours.
    const isBusy = unhandled > 0 || isHeldBack();
    if (isBusy) isAlive = true;
    const question = liveness.beat(isBusy);
    if (!isAlive) return socket.terminate();
    isAlive = false;
    tellTime();
    socket.ping(question);
  }, timing.heartbeatMs);

  const unwatch = rooms.waiting.watch(readOrNot);
  socket.on('pong', (answer) => {
    isAlive = true;
    liveness.answered(answer);
  });
  socket.on('message', (data: Buffer, isBinary) => {
    isAlive = true;
    liveness.heard();
    unhandled += 1;
    readOrNot();
    work = work
      .then(() => handleMessage(data, isBinary))
      .catch((error: unknown) => endBadly(error))
      .finally(() => {
        unhandled -= 1;
        readOrNot();
      });
  });
  socket.on('error', (error) => logger.info({ err: error, satelliteId: satellite?.satelliteId }, 'a tunnel broke'));
  const ended = new Promise<void>((resolve) => {
    socket.on('close', (code) => {
      clearTimeout(handshakeTimer);
      clearInterval(heartbeat);
      unwatch();
      if (satellite !== null) rooms.held.remove(satellite);
      resolve(
        work
          .then(() => leave(code))
          .catch((error: unknown) => logger.error({ err: error }, 'a satellite could not be let go')),
      );
    });
  });
  send(asked.frame);
  return ended;

  function waitForHello(): NodeJS.Timeout {
    return setTimeout(() => {
      logger.warn({ code: 'handshake_timeout' }, 'a tunnel was closed, it said no hello in time');
      socket.close(4408, 'no hello in time');
    }, timing.handshakeMs);
  }

  function isHeldBack(): boolean {
    return satellite !== null && rooms.waiting.isFull(satellite.organizationId);
  }

  function readOrNot(): void {
    if (unhandled > 0 || isHeldBack()) socket.pause();
    else socket.resume();
  }

  async function handleMessage(data: Buffer, isBinary: boolean): Promise<void> {
    if (socket.readyState !== socket.OPEN || rooms.isDraining()) return;
    if (!isBinary) throw new FrameError('malformed_frame', 'The tunnel carries binary messages only.');
    if (satellite !== null) return rooms.frames(satellite, decodeSatelliteReports(data));
    if (data.length > helloBytesMax)
      throw new FrameError('oversized_frame', `A hello of ${data.length} bytes; at most ${helloBytesMax}.`);
    const [hello, ...more] = decodeSatelliteFrames(data);
    if (hello?.t !== 'hello' || more.length > 0)
      throw new FrameError('malformed_frame', 'The first frame is a hello, alone.');
    // It has said its word; how long the answer takes is this end's.
    clearTimeout(handshakeTimer);
    await welcome(await answerHello(rooms.identify, asked.challenge, hello));
  }

  async function welcome(handshake: Handshake): Promise<void> {
    if (handshake.kind === 'refused') return refuse(handshake.frame);
    // Gone while it was looked up: nobody is there to be taken.
    if (socket.readyState !== socket.OPEN) return;
    const { organizationId, satelliteId, siteId } = handshake.identity;
    const taken = await rooms.take({ ...handshake, address, isCertain });
    if (taken.kind === 'stale') return askAgain(satelliteId);
    if (taken.kind === 'locked') rooms.locked(organizationId, satelliteId);
    if (taken.kind !== 'taken') return refuse(taken.frame);
    const { connectionEpoch, journalLost, session, isAhead, news } = taken;
    stranger.welcome();
    if (socket.readyState !== socket.OPEN) return rooms.letGo({ organizationId, satelliteId, connectionEpoch });
    const out = createFrameBatcher<RelayFrame>({ socket });
    const close = (code: number, reason: string) => socket.close(code, reason);
    const { protocol } = handshake;
    satellite = {
      organizationId,
      satelliteId,
      siteId,
      connectionEpoch,
      protocol,
      proof: { nonce: asked.challenge.nonce, publicKey: handshake.hello.publicKey },
      keys: {
        sequence: handshake.hello.dispatchKeys?.sequence ?? 1,
        newestKeyId: handshake.hello.dispatchKeys?.newestKeyId ?? null,
        isRefusing: false,
      },
      share: null,
      out,
      isHeard: () => liveness.isHeard(),
      close,
    };
    out.push({
      ...{ t: 'welcome', protocol, satelliteId, organizationId, siteId, connectionEpoch, relayTimeMs: Date.now() },
      ...(session === null ? {} : { session }),
    });
    rooms.held.add(satellite);
    if (isAhead)
      logger.warn({ satelliteId }, 'a satellite has seen more connections than the database: was that set back?');
    logger.info({ satelliteId, organizationId, connectionEpoch, journalLost }, 'satellite connected');
    const { keySequence, isSiteLimited } = taken;
    await rooms.connected(satellite, { news, keySequence, isSiteLimited });
  }

  /**
   * What it has shown is older than what this satellite has kept. It may have been said long ago, by somebody who has gone since: a socket
   * that nobody answers on, or a relay that stood still, are no copy. Whoever answers now, with this nonce, holds what it shows now.
   */
  function askAgain(satelliteId: string): void {
    logger.warn({ satelliteId }, 'a satellite shows an old session: it is asked again');
    asked = openChallenge(rooms.relayId);
    isCertain = true;
    handshakeTimer = waitForHello();
    send(asked.frame);
  }

  async function leave(code: number): Promise<void> {
    if (satellite === null) return;
    const { satelliteId } = satellite;
    satellite.out.close();
    rooms.held.remove(satellite);
    logger.info({ satelliteId, code }, 'satellite disconnected');
    await rooms.disconnected(satellite);
    await rooms.letGo(satellite);
    await rooms.left(satellite);
  }

  function refuse(refused: Extract<RelayFrame, { t: 'refused' }>): void {
    logger.warn({ code: refused.code }, 'a tunnel was refused');
    send(refused);
    socket.close(4401, refused.code);
  }

  function endBadly(error: unknown): void {
    const satelliteId = satellite?.satelliteId;
    if (error instanceof FrameError) {
      const { code, message } = error;
      logger.warn({ code, problem: message, satelliteId }, 'a tunnel was closed for what it sent');
      send({ t: 'refused', code, message });
      socket.close(4400, code);
      return;
    }
    logger.error({ err: error, satelliteId }, 'a tunnel was closed, the relay failed on it');
    socket.close(1011, 'internal');
  }

  /** A clock that had to wait behind other frames would be wrong when it arrives: then the next heartbeat tells it. */
  function tellTime(): void {
    if (satellite === null || satellite.out.waitingBytes() > 0) return;
    satellite.out.push({ t: 'clock', relayTimeMs: Date.now() });
    satellite.out.flush();
  }

  function send(relayFrame: RelayFrame): void {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrames([relayFrame]));
  }
}
