// A thread of open-digesters: takes pieces, answers each in order, keeps nothing.
import { parentPort } from 'node:worker_threads';
import { digestPiece, type ExportPart } from '@sena/audit/digest-piece';

/** The piece is the first `length` bytes. */
export interface DigestRequest {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}
export interface DigestReply extends DigestRequest {
  readonly parts: readonly ExportPart[];
}

parentPort?.on('message', ({ buffer, length }: DigestRequest) => {
  const { parts } = digestPiece(Buffer.from(buffer, 0, length));
  const reply: DigestReply = { buffer, length, parts };
  parentPort?.postMessage(reply, [buffer]);
});
