// Entered for each attempt: counts, cuts at the limit and hashes one command's output as it passes. Keeps no output.
import { createHash, type Hash, hash } from 'node:crypto';
import type { Outcome, OutputStream } from '@sena/contracts/domain/outcome';
import { createNormaliser, type Normaliser, normalisationVersion } from './normalise-output.ts';

export type OutputMeasures = {
  stdoutBytes: number;
  stderrBytes: number;
  stdoutKeptBytes: number;
  stderrKeptBytes: number;
  /** Hex, of the kept bytes. */
  stdoutSha256: string;
  stderrSha256: string;
  /** `1:` and 64 hex digits: outcome and normalised kept output. */
  groupHash: string;
};

export type OutputMeter = {
  /** Returns the part to keep: the whole chunk, its beginning, or nothing when the limit is reached. */
  pass(stream: OutputStream, chunk: Buffer): Buffer;
  /** It wrote so much in all: what its node did not keep has not passed here. */
  wrote(stream: OutputStream, bytes: number): void;
  /** Its output was not read to its end: of either stream there may be more, and none is told as whole. */
  wasCut(): void;
  /** Once, when the command has ended. */
  finish(outcome: Outcome): OutputMeasures;
};

/** `limitBytes`: per stream. */
export function createOutputMeter(limitBytes: number): OutputMeter {
  const streams = { stdout: createStreamMeter(limitBytes), stderr: createStreamMeter(limitBytes) };
  return {
    pass: (stream, chunk) => streams[stream].pass(chunk),
    wrote: (stream, bytes) => streams[stream].wrote(bytes),
    wasCut() {
      streams.stdout.wasCut();
      streams.stderr.wasCut();
    },
    finish(outcome) {
      const { stdout, stderr } = { stdout: streams.stdout.finish(), stderr: streams.stderr.finish() };
      // The detail is a sentence for people and may name the node; two nodes with the same reason are one group.
      const { kind } = outcome;
      const result =
        kind === 'exited' ? [kind, outcome.exitCode, outcome.signal, outcome.reason] : [kind, outcome.reason];
      const isCut = [stdout.bytes > stdout.keptBytes, stderr.bytes > stderr.keptBytes];
      const group = hash('sha256', JSON.stringify([result, isCut, stdout.normalisedSha256, stderr.normalisedSha256]));
      return {
        stdoutBytes: stdout.bytes,
        stderrBytes: stderr.bytes,
        stdoutKeptBytes: stdout.keptBytes,
        stderrKeptBytes: stderr.keptBytes,
        stdoutSha256: stdout.sha256,
        stderrSha256: stderr.sha256,
        groupHash: `${normalisationVersion}:${group}`,
      };
    },
  };
}

const sha256OfNothing = hash('sha256', '');

function createStreamMeter(limitBytes: number) {
  // Made with the first byte: most commands write to one stream only.
  let open: { raw: Hash; normalised: Hash; normaliser: Normaliser } | null = null;
  let bytes = 0;
  let keptBytes = 0;
  return {
    pass(chunk: Buffer): Buffer {
      bytes += chunk.length;
      const kept = chunk.subarray(0, Math.max(0, limitBytes - keptBytes));
      if (kept.length > 0) {
        keptBytes += kept.length;
        open ??= { raw: createHash('sha256'), normalised: createHash('sha256'), normaliser: createNormaliser() };
        open.raw.update(kept);
        open.normalised.update(open.normaliser.push(kept));
      }
      return kept;
    },
    wrote(total: number): void {
      bytes = Math.max(bytes, total);
    },
    wasCut(): void {
      bytes = Math.max(bytes, keptBytes + 1);
    },
    finish: () => ({
      bytes,
      keptBytes,
      sha256: open?.raw.digest('hex') ?? sha256OfNothing,
      normalisedSha256: open?.normalised.digest('hex') ?? sha256OfNothing,
    }),
  };
}
