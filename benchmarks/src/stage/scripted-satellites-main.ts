// The process that plays satellites which answer at once: real tunnels, real hellos, every frame that a satellite sends for a
// command that printed one line, and no node behind it. Started by start-scripted-satellites; ends with its parent.
import { createHash, createPrivateKey } from 'node:crypto';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { signHello } from '@sena/tunnel/hello-signature';
import { Packr, Unpackr } from 'msgpackr';
import { WebSocket } from 'ws';

export interface ScriptedSettings {
  readonly url: string;
  readonly satellites: ReadonlyArray<{ publicKey: string; privateKeyPem: string }>;
}

const answer = Buffer.from('Linux benchmark 6.1.0 #1 SMP x86_64 GNU/Linux\n');
const answerSha256 = createHash('sha256').update(answer).digest('hex');
const nothingSha256 = createHash('sha256').digest('hex');
const groupHash = `1:${answerSha256}`;
const framesAMessage = 3_000;

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

process.on('disconnect', () => process.exit(0));
process.once('message', (settings: ScriptedSettings) => {
  Promise.all(settings.satellites.map((satellite, index) => play(settings.url, satellite, index))).then(
    () => process.send?.('connected'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

function play(url: string, identity: { publicKey: string; privateKeyPem: string }, index: number): Promise<void> {
  const privateKey = createPrivateKey(identity.privateKeyPem);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const send = (frames: SatelliteFrame[]) => socket.send(packr.pack(frames));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code, reason) => {
      console.error(`scripted satellite ${index} was closed: ${code} ${reason}`);
      process.exit(1);
    });
    socket.on('message', (data: Buffer) => {
      for (const frame of unpackr.unpack(data) as RelayFrame[]) {
        if (frame.t === 'challenge') {
          send([
            {
              t: 'hello',
              protocols: [1],
              publicKey: identity.publicKey,
              signature: signHello(frame.nonce, frame.relayId, identity.publicKey, privateKey),
              version: '0.0.0',
              satelliteTimeMs: Date.now(),
              journalId: `scripted-${index}`,
            },
          ]);
        } else if (frame.t === 'welcome') resolve();
        else if (frame.t === 'refused') reject(new Error(`${frame.code}: ${frame.message}`));
        else if (frame.t === 'dispatch') answerAll(frame, send);
      }
    });
  });
}

function answerAll(frame: Extract<RelayFrame, { t: 'dispatch' }>, send: (frames: SatelliteFrame[]) => void): void {
  const payload = Buffer.from(frame.envelope.split('.')[1] ?? '', 'base64url').toString('utf8');
  const { nodes } = JSON.parse(payload) as { nodes: Array<{ executionId: string }> };
  const { dispatchId } = frame;
  let frames: SatelliteFrame[] = [{ t: 'dispatch-ack', dispatchId, accepted: true, code: null, message: null }];
  const at = new Date().toISOString();
  for (const { executionId } of nodes) {
    frames.push(
      { t: 'started', executionId, attempt: 1, at, bootId: null },
      { t: 'output', executionId, attempt: 1, stream: 'stdout', offset: 0, data: answer },
      {
        t: 'result',
        result: {
          executionId,
          revision: 1,
          attempt: 1,
          outcome: { kind: 'exited', exitCode: 0, signal: null, reason: null },
          startedAt: at,
          durationMs: 1,
          stdoutBytes: answer.length,
          stderrBytes: 0,
          stdoutKeptBytes: answer.length,
          stderrKeptBytes: 0,
          stdoutSha256: answerSha256,
          stderrSha256: nothingSha256,
          groupHash,
        },
      },
    );
    if (frames.length < framesAMessage) continue;
    send(frames);
    frames = [];
  }
  if (frames.length > 0) send(frames);
}
