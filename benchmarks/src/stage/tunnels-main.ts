// The other end of thousands of tunnels: comes in turns, says hello where it is asked, and connects again, all at once, when they are cut.
// Knows SENA's handshake and bare WebSockets. Started by start-tunnels; ends with its parent.
import { createPrivateKey } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { signHello } from '@sena/tunnel/hello-signature';
import { Packr, Unpackr } from 'msgpackr';
import { WebSocket } from 'ws';

export interface TunnelsSettings {
  readonly host: string;
  readonly port: number;
  /** Without keys: bare WebSockets, which are back when they are open. */
  readonly satellites: ReadonlyArray<{ publicKey: string; privateKeyPem: string } | null>;
}

/** Told when all are up, the first time and after every cut. */
export interface AllUp {
  /** Since the first of them was cut; null the first time. */
  readonly sinceCutSeconds: number | null;
  /** Since the port answered again. */
  readonly sinceListeningSeconds: number;
  /** Connections that were closed before they were welcome. */
  readonly failed: number;
}

/** Connections under way at once, the first time. */
const firstAtOnce = 100;
/** As a satellite's first wait after a cut: half of it by chance. */
const firstDelayMs = 250;
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

process.on('disconnect', () => process.exit(0));
process.once('message', (settings: TunnelsSettings) => hold(settings));

function hold({ host, port, satellites }: TunnelsSettings): void {
  const url = `ws://${host}:${port}/v1/tunnel`;
  const keys = satellites.map((one) =>
    one === null ? null : { ...one, privateKey: createPrivateKey(one.privateKeyPem) },
  );
  let up = 0;
  let failed = 0;
  let cutAtMs: number | null = null;
  let listening = untilListening();

  async function untilListening(): Promise<number> {
    for (;;) {
      const answers = await new Promise<boolean>((resolve) => {
        const probe = connect({ host, port });
        probe.once('connect', () => {
          probe.destroy();
          resolve(true);
        });
        probe.once('error', () => resolve(false));
      });
      if (answers) return performance.now();
      await sleep(10);
    }
  }

  async function open(index: number, onFirstUp?: () => void): Promise<void> {
    const since = await listening;
    if (cutAtMs !== null) await sleep(firstDelayMs / 2 + Math.random() * (firstDelayMs / 2));
    const key = keys[index] ?? null;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let isUp = false;
    const arrived = () => {
      isUp = true;
      up += 1;
      onFirstUp?.();
      if (up < satellites.length) return;
      const nowMs = performance.now();
      process.send?.({
        sinceCutSeconds: cutAtMs === null ? null : (nowMs - cutAtMs) / 1_000,
        sinceListeningSeconds: (nowMs - since) / 1_000,
        failed,
      } satisfies AllUp);
      cutAtMs = null;
      failed = 0;
    };
    socket.on('error', () => undefined); // told by the close
    socket.on('close', async () => {
      if (isUp) {
        up -= 1;
        if (cutAtMs === null) {
          cutAtMs = performance.now();
          // A process that is being killed may still answer for a moment.
          listening = sleep(100).then(untilListening);
        }
      } else {
        failed += 1;
        await sleep(firstDelayMs / 2 + Math.random() * (firstDelayMs / 2));
      }
      // One that was never up goes on holding its turn.
      void open(index, isUp ? undefined : onFirstUp);
    });
    if (key === null) {
      socket.on('open', arrived);
      return;
    }
    socket.on('message', (data: Buffer) => {
      for (const frame of unpackr.unpack(data) as RelayFrame[]) {
        if (frame.t === 'welcome') arrived();
        if (frame.t !== 'challenge') continue;
        const hello: SatelliteFrame = {
          t: 'hello',
          protocols: [1],
          publicKey: key.publicKey,
          signature: signHello(frame.nonce, frame.relayId, key.publicKey, key.privateKey),
          version: '0.0.0',
          satelliteTimeMs: Date.now(),
          journalId: `tunnel-${index}`,
        };
        socket.send(packr.pack([hello]));
      }
    });
  }

  // The first time in turns, as a fleet comes that is not told to; after a cut all at once.
  let next = 0;
  const openNext = () => {
    if (next < satellites.length) void open(next++, openNext);
  };
  for (let count = 0; count < firstAtOnce; count += 1) openNext();
}
