// One tunnel from its first frame to its last. Entered by the tunnel server for every WebSocket; hands frames to their rooms.
import { nothingRunsCloseCode, type RelayFrame, type SatelliteFrame } from '@sena/contracts/frames';
import { isDatabaseAway } from '@sena/db/is-database-away';
import type { SatelliteIdentity } from '@sena/fleet/satellite-presence';
import type { RunNews } from '@sena/runs/results/ring-recorded-runs';
import type { Logger } from '@sena/telemetry/logger';
import { decodeSatelliteFrames, decodeSatelliteReports, type UnreadableReport } from '@sena/tunnel/decode-frames';
import { encodeFrames } from '@sena/tunnel/encode-frames';
import { createFrameBatcher } from '@sena/tunnel/frame-batcher';
import { FrameError } from '@sena/tunnel/frame-error';
import type { WebSocket } from 'ws';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';
import type { Waiting } from '../results/bound-waiting.ts';
import type { BoundStranger } from './bound-stranger.ts';
import { type Liveness, measureLiveness } from './measure-liveness.ts';
import { answerHello, type Handshake, openChallenge } from './shake-hands.ts';
import type { Known, TakenSatellite } from './take-satellite.ts';

/** Nobody is believed before the hello, and a hello is small. */
const helloBytesMax = 16 * 1024;

type Challenge = ReturnType<typeof openChallenge>;

/** Who has left, and over which connection: a later one is not meant. `leftNothingRunning`: by its own word; else it may have. */
export type EndedConnection = Pick<HeldSatellite, 'organizationId' | 'satelliteId' | 'connectionEpoch'> & {
  readonly leftNothingRunning: boolean;
};

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
  left(satellite: HeldSatellite, leftNothingRunning: boolean): Promise<void>;
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
  return new Connection(socket, stranger, address, rooms).ended;
}

/** There are thousands of these, most of them silent: one object each, and nothing of the handshake is kept behind it. */
class Connection {
  readonly ended: Promise<void>;
  readonly #socket: WebSocket;
  readonly #rooms: ConnectionRooms;
  readonly #liveness: Liveness;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unwatch: () => void;
  /** Null: it is welcome. */
  #stranger: { bound: BoundStranger; address: string; asked: Challenge; isCertain: boolean } | null;
  #handshakeTimer: NodeJS.Timeout | null;
  #satellite: HeldSatellite | null = null;
  #isAlive = true;
  #unhandled = 0;
  /** Messages are handled one after the other: order is what offsets and acknowledgements rest on. */
  #work = Promise.resolve();

  constructor(socket: WebSocket, bound: BoundStranger, address: string, rooms: ConnectionRooms) {
    this.#socket = socket;
    this.#rooms = rooms;
    const asked = openChallenge(rooms.relayId);
    this.#stranger = { bound, address, asked, isCertain: false };
    this.#liveness = measureLiveness(rooms.timing.heartbeatMs);
    this.#handshakeTimer = this.#waitForHello();
    this.#heartbeat = setInterval(() => this.#beat(), rooms.timing.heartbeatMs);
    this.#unwatch = rooms.waiting.watch(() => this.#readOrNot());
    socket.on('pong', (answer) => {
      this.#isAlive = true;
      this.#liveness.answered(answer);
    });
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) =>
      rooms.logger.info({ err: error, satelliteId: this.#satellite?.satelliteId }, 'a tunnel broke'),
    );
    this.ended = new Promise((resolve) => {
      socket.on('close', (code) => resolve(this.#end(code)));
    });
    this.#send(asked.frame);
  }

  #waitForHello(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#rooms.logger.warn({ code: 'handshake_timeout' }, 'a tunnel was closed, it said no hello in time');
      this.#socket.close(4408, 'no hello in time');
    }, this.#rooms.timing.handshakeMs);
  }

  #endWaitForHello(): void {
    if (this.#handshakeTimer !== null) clearTimeout(this.#handshakeTimer);
    this.#handshakeTimer = null;
  }

  #beat(): void {
    // While the socket is not read, silence is ours.
    const isBusy = this.#unhandled > 0 || this.#isHeldBack();
    if (isBusy) this.#isAlive = true;
    const question = this.#liveness.beat(isBusy);
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#tellTime();
    this.#socket.ping(question);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    this.#isAlive = true;
    this.#liveness.heard();
    this.#unhandled += 1;
    this.#readOrNot();
    this.#work = this.#work
      .then(() => this.#handleMessage(data, isBinary))
      .catch((error: unknown) => this.#endBadly(error))
      .finally(() => {
        this.#unhandled -= 1;
        this.#readOrNot();
      });
  }

  #isHeldBack(): boolean {
    return this.#satellite !== null && this.#rooms.waiting.isFull(this.#satellite.organizationId);
  }

  #readOrNot(): void {
    if (this.#unhandled > 0 || this.#isHeldBack()) this.#socket.pause();
    else this.#socket.resume();
  }

  async #handleMessage(data: Buffer, isBinary: boolean): Promise<void> {
    if (!this.#isOpen() || this.#rooms.isDraining()) return;
    if (!isBinary) throw new FrameError('malformed_frame', 'The tunnel carries binary messages only.');
    const satellite = this.#satellite;
    if (satellite !== null) return this.#rooms.frames(satellite, decodeSatelliteReports(data));
    if (data.length > helloBytesMax)
      throw new FrameError('oversized_frame', `A hello of ${data.length} bytes; at most ${helloBytesMax}.`);
    const [hello, ...more] = decodeSatelliteFrames(data);
    if (hello?.t !== 'hello' || more.length > 0)
      throw new FrameError('malformed_frame', 'The first frame is a hello, alone.');
    // It has said its word; how long the answer takes is this end's.
    this.#endWaitForHello();
    const stranger = this.#stranger;
    // Gone, or refused, while its last word was under way.
    if (stranger === null) return;
    const handshake = await answerHello(this.#rooms.identify, stranger.asked.challenge, hello);
    if (handshake.kind === 'refused') return this.#refuse(handshake.frame);
    // Gone while it was looked up: nobody is there to be taken.
    if (!this.#isOpen()) return;
    const { address, isCertain } = stranger;
    const taken = await this.#rooms.take({ ...handshake, address, isCertain });
    const { organizationId, satelliteId } = handshake.identity;
    if (taken.kind === 'stale') return this.#askAgain(satelliteId);
    if (taken.kind === 'locked') this.#rooms.locked(organizationId, satelliteId);
    if (taken.kind !== 'taken') return this.#refuse(taken.frame);
    stranger.bound.welcome();
    this.#stranger = null;
    const { connectionEpoch } = taken;
    if (!this.#isOpen())
      return this.#rooms.letGo({ organizationId, satelliteId, connectionEpoch, leftNothingRunning: false });
    await this.#welcome(handshake, taken, stranger.asked.challenge.nonce);
  }

  async #welcome(
    { identity, protocol, hello }: Extract<Handshake, { kind: 'known' }>,
    taken: Extract<TakenSatellite, { kind: 'taken' }>,
    nonce: string,
  ): Promise<void> {
    const { organizationId, satelliteId, siteId } = identity;
    const { connectionEpoch, journalLost, session, isAhead, news, keySequence, isSiteLimited } = taken;
    const out = createFrameBatcher<RelayFrame>({ socket: this.#socket });
    const satellite: HeldSatellite = {
      ...{ organizationId, satelliteId, siteId, connectionEpoch, protocol, out },
      share: null,
      proof: { nonce, publicKey: hello.publicKey },
      keys: {
        sequence: hello.dispatchKeys?.sequence ?? 1,
        newestKeyId: hello.dispatchKeys?.newestKeyId ?? null,
        isRefusing: false,
      },
      isHeard: () => this.#liveness.isHeard(),
      close: (code, reason) => this.#socket.close(code, reason),
    };
    this.#satellite = satellite;
    out.push({
      ...{ t: 'welcome', protocol, satelliteId, organizationId, siteId, connectionEpoch, relayTimeMs: Date.now() },
      ...(session === null ? {} : { session }),
    });
    const { held, logger } = this.#rooms;
    held.add(satellite);
    if (isAhead)
      logger.warn({ satelliteId }, 'a satellite has seen more connections than the database: was that set back?');
    logger.info({ satelliteId, organizationId, connectionEpoch, journalLost }, 'satellite connected');
    await this.#rooms.connected(satellite, { news, keySequence, isSiteLimited });
  }

  /**
   * What it has shown is older than what this satellite has kept. It may have been said long ago, by somebody who has gone since: a socket
   * that nobody answers on, or a relay that stood still, are no copy. Whoever answers now, with this nonce, holds what it shows now.
   */
  #askAgain(satelliteId: string): void {
    if (this.#stranger === null || !this.#isOpen()) return;
    this.#rooms.logger.warn({ satelliteId }, 'a satellite shows an old session: it is asked again');
    this.#stranger.asked = openChallenge(this.#rooms.relayId);
    this.#stranger.isCertain = true;
    this.#handshakeTimer = this.#waitForHello();
    this.#send(this.#stranger.asked.frame);
  }

  async #end(code: number): Promise<void> {
    this.#endWaitForHello();
    clearInterval(this.#heartbeat);
    this.#unwatch();
    if (this.#satellite !== null) this.#rooms.held.remove(this.#satellite);
    try {
      await this.#work;
      await this.#leave(code);
    } catch (error) {
      this.#rooms.logger.error({ err: error }, 'a satellite could not be let go');
    }
  }

  async #leave(code: number): Promise<void> {
    const satellite = this.#satellite;
    if (satellite === null) return;
    satellite.out.close();
    this.#rooms.held.remove(satellite);
    this.#rooms.logger.info({ satelliteId: satellite.satelliteId, code }, 'satellite disconnected');
    await this.#rooms.disconnected(satellite);
    const { organizationId, satelliteId, connectionEpoch } = satellite;
    const leftNothingRunning = code === nothingRunsCloseCode;
    await this.#rooms.letGo({ organizationId, satelliteId, connectionEpoch, leftNothingRunning });
    await this.#rooms.left(satellite, leftNothingRunning);
  }

  #refuse(refused: Extract<RelayFrame, { t: 'refused' }>): void {
    this.#rooms.logger.warn({ code: refused.code }, 'a tunnel was refused');
    this.#send(refused);
    this.#socket.close(4401, refused.code);
  }

  #endBadly(error: unknown): void {
    const satelliteId = this.#satellite?.satelliteId;
    const { logger } = this.#rooms;
    if (error instanceof FrameError) {
      const { code, message } = error;
      logger.warn({ code, problem: message, satelliteId }, 'a tunnel was closed for what it sent');
      this.#send({ t: 'refused', code, message });
      this.#socket.close(4400, code);
      return;
    }
    logger.error({ err: error, satelliteId }, 'a tunnel was closed, the relay failed on it');
    // The satellite says it to its operator: 1013 is for one that should come again later.
    if (isDatabaseAway(error)) this.#socket.close(1013, 'SENA can not reach its database');
    else this.#socket.close(1011, 'internal');
  }

  /** A clock that had to wait behind other frames would be wrong when it arrives: then the next heartbeat tells it. */
  #tellTime(): void {
    const satellite = this.#satellite;
    if (satellite === null || satellite.out.waitingBytes() > 0) return;
    satellite.out.push({ t: 'clock', relayTimeMs: Date.now() });
    satellite.out.flush();
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #send(relayFrame: RelayFrame): void {
    if (this.#isOpen()) this.#socket.send(encodeFrames([relayFrame]));
  }
}
