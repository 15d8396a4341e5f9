// Between one satellite and the relay: carries the tunnel's messages and reads their frames, so that a fault can come at a named frame,
// and can repeat and swap whole messages. Entered by the world, once a satellite.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { decodeRelayFrames, decodeSatelliteFrames } from '@sena/tunnel/decode-frames';
import { encodeFrames, messageBytesMax } from '@sena/tunnel/encode-frames';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { createLineQuality, type Quality } from './line-quality.ts';

export type FrameName = RelayFrame['t'] | SatelliteFrame['t'];
type Frame = RelayFrame | SatelliteFrame;

export interface FrameTrap {
  readonly frame: FrameName;
  /**
   * The how-manieth of these frames, from 1. One that is said again of the same execution is not another, and what is said of an earlier
   * run does not count: that may still be told when its satellite has found out more.
   */
  readonly nth: number;
  /** Called once, when the frame is here. */
  spring(): Sprung;
}

/** What becomes of a message. `drop`: it and its connection are gone. `behind`: carried, and these come right behind it. */
export type Sprung = 'carry' | 'drop' | { readonly behind: readonly RelayFrame[] };

interface Pair {
  isWelcomed: boolean;
  isAbandoned: boolean;
  cut(): void;
  abandon(): void;
}

export interface TunnelProxy {
  readonly url: string;
  set(trap: FrameTrap): () => void;
  /** Every frame that arrives here, before anything is done with it. */
  onFrame(listener: (frame: Frame) => void): () => void;
  setQuality(quality: Quality): void;
  /** Whole messages, after the handshake, at most so many. Returns what ends it and says how many it has mixed. */
  mix(how: 'repeat' | 'swap', messagesMax: number): () => number;
  cut(): void;
  /** The satellite's side is cut, the relay's stays open and says nothing: it still takes the satellite for its own. */
  abandon(): void;
  /** Where the next connection goes; null: where it went at first. */
  leadTo(relayUrl: string | null): void;
  /** A satellite is connected and was welcomed. */
  isUp(): boolean;
  stop(): Promise<void>;
}

const handshake: ReadonlySet<FrameName> = new Set(['challenge', 'hello', 'welcome', 'refused']);
/** Of what the signer signs for a satellite. */
const signedSchema = z.object({ nodes: z.array(z.object({ executionId: z.string() })) });
/** A swapped message waits this long for one to let pass. */
const swapWaitMs = 600;

/** `relayUrl`: where the tunnel really is. */
export async function startTunnelProxy(relayUrl: string): Promise<TunnelProxy> {
  const quality = createLineQuality();
  /** Which executions have come by since each was set, and what it has counted: these, or frames that belong to none. */
  const traps = new Map<FrameTrap, { own: Set<string>; counted: Set<unknown> }>();
  const listeners = new Set<(frame: Frame) => void>();
  const pairs = new Set<Pair>();
  let target = relayUrl;
  let mixing: { how: 'repeat' | 'swap'; left: number } | null = null;
  let mixed = 0;

  const server = new WebSocketServer({
    ...{ host: '127.0.0.1', port: 0, maxPayload: messageBytesMax, perMessageDeflate: false },
    // The two ends ask each other whether they are there; nobody answers for them.
    autoPong: false,
  });
  server.on('connection', (near) => {
    const far = new WebSocket(target, { perMessageDeflate: false, maxPayload: messageBytesMax, autoPong: false });
    const pair: Pair = {
      isWelcomed: false,
      isAbandoned: false,
      cut() {
        pairs.delete(pair);
        near.terminate();
        far.terminate();
      },
      abandon() {
        pair.isAbandoned = true;
        pair.isWelcomed = false;
        near.terminate();
      },
    };
    pairs.add(pair);
    const opened = once(far, 'open').catch(() => pair.cut());
    for (const socket of [near, far]) socket.on('error', () => pair.cut());
    join(near, far, opened, pair, decodeSatelliteFrames);
    join(far, near, Promise.resolve(), pair, decodeRelayFrames);
  });

  function join(
    from: WebSocket,
    to: WebSocket,
    ready: Promise<unknown>,
    pair: Pair,
    decode: (message: Uint8Array) => Frame[],
  ): void {
    let work: Promise<unknown> = ready;
    let held: Buffer | null = null;
    const inOrder = (step: () => Promise<void> | void) => {
      work = work.then(step).catch(() => pair.cut());
    };
    const send = (data: Buffer) => {
      if (to.readyState === to.OPEN) to.send(data);
    };
    const release = () => {
      if (held !== null) send(held);
      held = null;
    };

    from.on('message', (data: Buffer) => {
      from.pause();
      inOrder(async () => {
        const frames = decode(data);
        for (const frame of frames) for (const listener of listeners) listener(frame);
        if (frames.some((frame) => frame.t === 'welcome')) pair.isWelcomed = true;
        const sprung = springTraps(frames);
        if (sprung === 'drop') return pair.cut();
        await quality.pass(data.length);
        const isMixed = mixing !== null && mixing.left > 0 && !frames.some((frame) => handshake.has(frame.t));
        if (isMixed) mix(data);
        else {
          send(data);
          release();
        }
        if (sprung !== 'carry') send(encodeFrames(sprung.behind));
        from.resume();
      });
    });
    for (const kind of ['ping', 'pong'] as const) {
      from.on(kind, (data) =>
        inOrder(async () => {
          await quality.pass(0);
          if (to.readyState === to.OPEN) to[kind](data);
        }),
      );
    }
    from.on('close', (code, reason) =>
      inOrder(async () => {
        if (pair.isAbandoned && to.readyState === to.OPEN) return;
        await quality.pass(0);
        release();
        pairs.delete(pair);
        // 1005 and 1006 say that no code came; they can't be sent.
        if (code === 1005 || code === 1006) to.terminate();
        else to.close(code, reason);
      }),
    );

    function mix(data: Buffer): void {
      if (mixing?.how === 'swap' && held === null) {
        held = data;
        void sleep(swapWaitMs).then(() => inOrder(release));
        return;
      }
      mixed += 1;
      if (mixing !== null) mixing.left -= 1;
      send(data);
      if (held === null) send(data);
      else release();
    }
  }

  function springTraps(frames: readonly Frame[]): Sprung {
    for (const [trap, { own, counted }] of traps) {
      for (const frame of frames) {
        for (const id of executionsIn(frame)) own.add(id);
        if (frame.t !== trap.frame) continue;
        const id = executionOf(frame);
        if (id === null || own.has(id)) counted.add(id ?? frame);
      }
      if (counted.size < trap.nth) continue;
      traps.delete(trap);
      const sprung = trap.spring();
      if (sprung !== 'carry') return sprung;
    }
    return 'carry';
  }

  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the tunnel proxy has no port');
  return {
    url: `ws://127.0.0.1:${address.port}/v1/tunnel`,
    set(trap) {
      traps.set(trap, { own: new Set(), counted: new Set() });
      return () => traps.delete(trap);
    },
    onFrame(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setQuality: quality.set,
    mix(how, messagesMax) {
      mixing = { how, left: messagesMax };
      mixed = 0;
      return () => {
        mixing = null;
        return mixed;
      };
    },
    cut() {
      for (const pair of [...pairs]) pair.cut();
    },
    abandon() {
      for (const pair of pairs) pair.abandon();
    },
    leadTo(url) {
      target = url ?? relayUrl;
    },
    isUp: () => [...pairs].some((pair) => pair.isWelcomed),
    async stop() {
      quality.set({ kind: 'good' });
      for (const pair of [...pairs]) pair.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Those that a satellite is told of with this frame. */
function executionsIn(frame: Frame): string[] {
  if (frame.t !== 'dispatch' && frame.t !== 'inquiry') return [];
  const [, payload = ''] = frame.envelope.split('.');
  const { nodes } = signedSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return nodes.map(({ executionId }) => executionId);
}

function executionOf(frame: Frame): string | null {
  if (frame.t === 'result') return frame.result.executionId;
  return 'executionId' in frame ? frame.executionId : null;
}
