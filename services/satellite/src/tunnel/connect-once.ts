// Entered by connect-loop: one connection from the dial to its end. Proves who this satellite is, then hands frames to
// the runtime and the sending half to its outbox.
import {
  nothingRunsCloseCode,
  protocolVersions,
  type RelayFrame,
  type SatelliteFrame,
  type Session,
} from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import { decodeRelayFrames } from '@sena/tunnel/decode-frames';
import { encodeFrames, messageBytesMax } from '@sena/tunnel/encode-frames';
import { createFrameBatcher, type FrameBatcher } from '@sena/tunnel/frame-batcher';
import { FrameError } from '@sena/tunnel/frame-error';
import { signHello } from '@sena/tunnel/hello-signature';
import { WebSocket } from 'ws';
import type { Identity } from '../config/identity.ts';
import { checkCloudAddress } from './cloud-address.ts';
import { collectBehind } from './collect-behind.ts';
import { type DialSettings, dialCloud, dialTargetOf } from './dial-cloud.ts';

/** The first protocol in which the hello says which connection this state directory has had last. */
const sessionProtocol = 3;
const challengesMax = 2;
const handshakeTimeoutMs = 15_000;
const heartbeatMs = 15_000;
const heartbeatMissesMax = 2;
const closeTimeoutMs = 2_000;
/** What waits here is a copy of what the outbox holds until it is acknowledged: no more of it than keeps the line busy. */
const bufferedBytesMax = 512 * 1024;
const messageBytes = 256 * 1024;

/** The challenge, and when the hello answered it, by `performance.now()`. */
type Asked = { relayId: string; nonce: string; askedAtMs: number };

export type Welcome = Extract<RelayFrame, { t: 'welcome' }>;

export type ConnectionSettings = {
  tunnelUrl: string;
  identity: Identity;
  /** A welcome for anybody else is refused. */
  satelliteId: string;
  organizationId: string;
  journalId: string;
  /** What this satellite believes of dispatch keys, as it says with the hello. */
  dispatchKeys: { sequence: number; newestKeyId: string };
  /** Read for every hello; `keep`: on disk when it returns, before anything of the connection is used. */
  session: { read(): Session | null; keep(session: Session): void };
  /** Told with the hello, so that people are asked for them in time. */
  passkeysToChange: number;
  version: string;
  dial: DialSettings;
  logger: Logger;
  /** The connection is up. Frames follow in order, one message at a time. */
  welcomed(welcome: Welcome, relay: Asked, link: FrameBatcher<SatelliteFrame>): void;
  /** Asked when this satellite stops: nothing that it began runs any more, and nothing begins. */
  isDrained(): boolean;
  /** The socket is not read until this resolves. */
  received(frames: RelayFrame[]): Promise<void>;
};

export type ConnectionEnd =
  /** `wasWelcomed`: the relay took it. `didWork`: it also acknowledged something. */
  | { kind: 'closed'; wasWelcomed: boolean; didWork: boolean; detail: string }
  /** The relay said no to this satellite: trying at once again would not help. */
  | { kind: 'refused'; code: string; message: string };

/** Resolves when the connection is over, whatever ended it. `signal` closes it politely. */
export async function connectOnce(settings: ConnectionSettings, signal: AbortSignal): Promise<ConnectionEnd> {
  const url = checkCloudAddress(settings.tunnelUrl, { secure: 'wss:', plain: 'ws:' });
  let socket: WebSocket;
  try {
    const stream = await dialCloud(dialTargetOf(url), settings.dial);
    if (signal.aborted) {
      stream.destroy();
      return { kind: 'closed', wasWelcomed: false, didWork: false, detail: 'stopping' };
    }
    socket = new WebSocket(url, {
      createConnection: () => stream,
      perMessageDeflate: false,
      maxPayload: messageBytesMax,
      handshakeTimeout: handshakeTimeoutMs,
      followRedirects: false,
    });
  } catch (error) {
    return { kind: 'closed', wasWelcomed: false, didWork: false, detail: (error as Error).message };
  }
  return await converse(socket, settings, signal);
}

function converse(socket: WebSocket, settings: ConnectionSettings, signal: AbortSignal): Promise<ConnectionEnd> {
  const { logger } = settings;
  let relay: Asked | null = null;
  let challenges = 0;
  let link: FrameBatcher<SatelliteFrame> | null = null;
  let refusal: { code: string; message: string } | null = null;
  let problem = '';
  let misses = 0;
  let didWork = false;
  let work = Promise.resolve();

  const handshakeTimer = setTimeout(
    () => endWith('the relay did not finish the handshake in time'),
    handshakeTimeoutMs,
  );
  const heartbeat = setInterval(() => {
    misses += 1;
    if (misses > heartbeatMissesMax) endWith('the relay no longer answers');
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, heartbeatMs);
  const abort = () => {
    link?.flush();
    socket.close(settings.isDrained() ? nothingRunsCloseCode : 1000, 'stopping');
    setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });

  function endWith(reason: string): void {
    if (problem === '') problem = reason;
    socket.terminate();
  }

  socket.on('pong', () => {
    misses = 0;
  });
  socket.on('message', (data: Buffer, isBinary) => {
    misses = 0;
    socket.pause();
    work = work
      .then(() => handleMessage(data, isBinary))
      .catch((error: unknown) => {
        if (!(error instanceof FrameError)) logger.error({ err: error }, 'a message of the relay could not be handled');
        else logger.warn({ code: error.code, problem: error.message }, 'the relay broke the protocol');
        const { message } = error as Error;
        endWith(
          error instanceof FrameError ? `${error.code}: ${message}` : `a message could not be handled: ${message}`,
        );
      })
      .finally(() => socket.resume());
  });
  socket.on('error', (error) => {
    if (problem === '') problem = error.message;
  });

  async function handleMessage(data: Buffer, isBinary: boolean): Promise<void> {
    // A relay that refuses closes right behind it: what it said is heard all the same, and nothing else.
    if (socket.readyState !== socket.OPEN && link !== null) return;
    if (!isBinary) throw new FrameError('malformed_frame', 'The tunnel carries binary messages only.');
    const frames = decodeRelayFrames(data);
    if (link !== null) {
      didWork ||= frames.some(({ t }) => t === 'output-ack' || t === 'outcome-ack');
      await settings.received(frames);
      return;
    }
    const rest = socket.readyState === socket.OPEN ? frames.slice() : frames.filter(({ t }) => t === 'refused');
    while (link === null) {
      const frame = rest.shift();
      if (frame === undefined) return;
      shakeHands(frame);
    }
    if (rest.length > 0) await settings.received(rest);
  }

  function shakeHands(frame: RelayFrame): void {
    switch (frame.t) {
      case 'challenge':
        // A second time when what the hello has shown is old: it may have been long under way.
        if (challenges === challengesMax || (relay !== null && relay.nonce === frame.nonce))
          throw new FrameError('malformed_frame', 'The relay has challenged already.');
        challenges += 1;
        relay = { relayId: frame.relayId, nonce: frame.nonce, askedAtMs: performance.now() };
        socket.send(encodeFrames([helloFor(frame)]));
        return;
      case 'welcome':
        if (relay === null) throw new FrameError('malformed_frame', 'The relay welcomes before it asks who this is.');
        welcome(frame, relay);
        return;
      case 'refused':
        refusal = { code: frame.code.slice(0, 64), message: frame.message.slice(0, 500) };
        socket.close(1000);
        return;
      default:
        throw new FrameError('malformed_frame', `A ${frame.t} frame came before the welcome.`);
    }
  }

  function helloFor(challenge: Extract<RelayFrame, { t: 'challenge' }>): SatelliteFrame {
    const { publicKeySpki, privateKey } = settings.identity;
    return {
      t: 'hello',
      protocols: [...protocolVersions],
      publicKey: publicKeySpki,
      signature: signHello(challenge.nonce, challenge.relayId, publicKeySpki, privateKey),
      version: settings.version,
      satelliteTimeMs: Date.now(),
      journalId: settings.journalId,
      // A relay that is older takes no field that it does not know.
      ...(challenge.protocols.includes(sessionProtocol)
        ? { dispatchKeys: settings.dispatchKeys, session: settings.session.read() }
        : {}),
      ...(settings.passkeysToChange === 0 ? {} : { passkeysToChange: settings.passkeysToChange }),
    };
  }

  function welcome(frame: Welcome, from: Asked): void {
    const isMine = frame.satelliteId === settings.satelliteId && frame.organizationId === settings.organizationId;
    if (!isMine) throw new FrameError('malformed_frame', 'The relay takes this satellite for another one.');
    if (!protocolVersions.some((version) => version === frame.protocol)) {
      throw new FrameError('malformed_frame', `The relay chose protocol ${frame.protocol}, which was not offered.`);
    }
    // First of all: were it used and then forgotten, this satellite would pass for a copy of itself.
    if (frame.session !== undefined) settings.session.keep(frame.session);
    clearTimeout(handshakeTimer);
    link = createFrameBatcher<SatelliteFrame>({ socket: collectBehind(socket), messageBytes, bufferedBytesMax });
    if (frame.session !== undefined) link.push({ t: 'session-kept', counter: frame.session.counter });
    settings.welcomed(frame, from, link);
  }

  return new Promise((resolve) => {
    socket.once('close', (code, reason) => {
      clearTimeout(handshakeTimer);
      clearInterval(heartbeat);
      signal.removeEventListener('abort', abort);
      link?.close();
      const wasWelcomed = link !== null;
      const detail = problem !== '' ? problem : `closed by the relay (${code}${reason.length > 0 ? ` ${reason}` : ''})`;
      // What came before the close is handled before the end is told.
      work.then(() =>
        resolve(refusal === null ? { kind: 'closed', wasWelcomed, didWork, detail } : { kind: 'refused', ...refusal }),
      );
    });
  });
}
