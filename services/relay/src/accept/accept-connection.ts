// One tunnel from its first frame to its last. Entered by the tunnel server for every WebSocket; hands frames to their rooms.
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { connectSatellite, disconnectSatellite } from '@sena/fleet/satellite-presence';
import type { Logger } from '@sena/telemetry/logger';
import { decodeSatelliteFrames } from '@sena/tunnel/decode-frames';
import { encodeFrames } from '@sena/tunnel/encode-frames';
import { createFrameBatcher } from '@sena/tunnel/frame-batcher';
import { FrameError } from '@sena/tunnel/frame-error';
import type { WebSocket } from 'ws';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';
import { answerHello, type Handshake, openChallenge } from './shake-hands.ts';

const handshakeTimeoutMs = 10_000;
const heartbeatMs = 15_000;

export interface ConnectionRooms {
  readonly pool: Pool;
  readonly relayId: string;
  readonly logger: Logger;
  readonly held: HeldSatellites;
  /** Runs before any other frame of this connection is handled. */
  connected(satellite: HeldSatellite, journalLost: boolean): Promise<void>;
  disconnected(satellite: HeldSatellite): void;
  /** Resolves when there is room for more: until then the socket is not read. */
  frames(satellite: HeldSatellite, frames: SatelliteFrame[]): Promise<void>;
}

export function acceptConnection(socket: WebSocket, rooms: ConnectionRooms): void {
  const { logger } = rooms;
  const { challenge, frame } = openChallenge(rooms.relayId);
  let satellite: HeldSatellite | null = null;
  let isAlive = true;
  // Messages are handled one after the other: order is what offsets and acknowledgements rest on.
  let work = Promise.resolve();

  const handshakeTimer = setTimeout(() => socket.close(4408, 'no hello in time'), handshakeTimeoutMs);
  const heartbeat = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, heartbeatMs);

  socket.on('pong', () => {
    isAlive = true;
  });
  socket.on('message', (data: Buffer, isBinary) => {
    isAlive = true;
    socket.pause();
    work = work
      .then(() => handleMessage(data, isBinary))
      .catch((error: unknown) => endBadly(error))
      .finally(() => socket.resume());
  });
  socket.on('error', (error) => logger.info({ err: error, satelliteId: satellite?.satelliteId }, 'a tunnel broke'));
  socket.on('close', (code) => {
    clearTimeout(handshakeTimer);
    clearInterval(heartbeat);
    work = work
      .then(() => leave(code))
      .catch((error: unknown) => logger.error({ err: error }, 'a satellite could not be let go'));
  });
  send(frame);

  async function handleMessage(data: Buffer, isBinary: boolean): Promise<void> {
    if (socket.readyState !== socket.OPEN) return;
    if (!isBinary) throw new FrameError('malformed_frame', 'The tunnel carries binary messages only.');
    const frames = decodeSatelliteFrames(data);
    if (satellite !== null) return rooms.frames(satellite, frames);
    const [hello, ...more] = frames;
    if (hello?.t !== 'hello' || more.length > 0)
      throw new FrameError('malformed_frame', 'The first frame is a hello, alone.');
    await welcome(await answerHello(rooms.pool, challenge, hello));
  }

  async function welcome(handshake: Handshake): Promise<void> {
    if (handshake.kind === 'refused') {
      logger.warn({ code: handshake.frame.code }, 'a tunnel was refused');
      send(handshake.frame);
      socket.close(4401, handshake.frame.code);
      return;
    }
    const { identity, hello, protocol } = handshake;
    const { organizationId, satelliteId, siteId } = identity;
    const connection = await inOrganization(rooms.pool, organizationId, (transaction) =>
      connectSatellite(transaction, {
        satelliteId,
        relayId: rooms.relayId,
        version: hello.version,
        journalId: hello.journalId,
      }),
    );
    if (connection === null) {
      send({
        t: 'refused',
        code: 'satellite_revoked',
        message: 'This satellite was revoked. Enrol it again with a new join token.',
      });
      socket.close(4401, 'satellite_revoked');
      return;
    }
    clearTimeout(handshakeTimer);
    const { connectionEpoch, journalLost } = connection;
    const out = createFrameBatcher<RelayFrame>({ socket });
    satellite = {
      organizationId,
      satelliteId,
      connectionEpoch,
      out,
      outstanding: 0,
      close: (code, reason) => socket.close(code, reason),
    };
    rooms.held.add(satellite);
    out.push({ t: 'welcome', protocol, satelliteId, organizationId, siteId, connectionEpoch, relayTimeMs: Date.now() });
    logger.info({ satelliteId, organizationId, connectionEpoch, journalLost }, 'satellite connected');
    await rooms.connected(satellite, journalLost);
  }

  async function leave(code: number): Promise<void> {
    if (satellite === null) return;
    satellite.out.close();
    rooms.held.remove(satellite);
    rooms.disconnected(satellite);
    logger.info({ satelliteId: satellite.satelliteId, code }, 'satellite disconnected');
    await disconnectSatellite(rooms.pool, satellite.organizationId, satellite.satelliteId, satellite.connectionEpoch);
  }

  function endBadly(error: unknown): void {
    const code = error instanceof FrameError ? error.code : 'internal';
    const fields = { err: error, code, satelliteId: satellite?.satelliteId };
    if (error instanceof FrameError) logger.warn(fields, 'a tunnel was closed for what it sent');
    else logger.error(fields, 'a tunnel was closed, the relay failed on it');
    if (error instanceof FrameError) send({ t: 'refused', code, message: error.message });
    socket.close(error instanceof FrameError ? 4400 : 1011, code);
  }

  function send(relayFrame: RelayFrame): void {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrames([relayFrame]));
  }
}
