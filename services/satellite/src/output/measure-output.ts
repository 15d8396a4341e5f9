// Entered for each attempt: counts one command's output, cuts it at the limit, masks the secrets in it and hashes what is left as it passes. Keeps
// no output but the line that is not complete.
import { createHash, type Hash, hash } from 'node:crypto';
import type { Outcome, OutputStream } from '@sena/contracts/domain/outcome';
import { type Redaction, redactedSpansMax, type StreamRedaction } from '@sena/contracts/domain/redaction';
import {
  createStreamRedactor,
  lookAheadBytes,
  type RedactedSpan,
  type RedactionRules,
  type StreamRedactor,
} from '@sena/redaction/redact-stream';
import { createNormaliser, type Normaliser, normalisationVersion } from './normalise-output.ts';

export type OutputMeasures = {
  stdoutBytes: number;
  stderrBytes: number;
  stdoutKeptBytes: number;
  stderrKeptBytes: number;
  /** Hex, of the kept bytes, secrets masked. */
  stdoutSha256: string;
  stderrSha256: string;
  /** `1:` and 64 hex digits: outcome and normalised kept output. */
  groupHash: string;
  /** Missing where nothing was masked. */
  redaction?: Redaction;
};

export type OutputMeter = {
  /** The part to keep goes on to `onward`, now or when it is certain what of it is a secret. */
  pass(stream: OutputStream, chunk: Buffer): void;
  /** It wrote so much in all: what its node did not keep has not passed here. */
  wrote(stream: OutputStream, bytes: number): void;
  /** Its output was not read to its end: of either stream there may be more, and none is told as whole. */
  wasCut(): void;
  /** True: no more should come until `room` resolves. */
  isFull(): boolean;
  room(): Promise<void>;
  /** No more comes. Resolves when all of it has gone on. `isAll` false: the node has more of it, so a line that is not complete does not go on. */
  settle(isAll: boolean): Promise<void>;
  /** Once, when the command has ended and all of it has gone on. */
  finish(outcome: Outcome): OutputMeasures;
};

export type OutputMeterSettings = {
  /** Per stream. */
  limitBytes: number;
  rules: RedactionRules;
  onward(stream: OutputStream, kept: Buffer): void;
  /** Some lines could not be judged and were masked as a whole. */
  onUnjudged(error: unknown): void;
};

export function createOutputMeter(settings: OutputMeterSettings): OutputMeter {
  const streams = {
    stdout: createStreamMeter(settings, (kept) => settings.onward('stdout', kept)),
    stderr: createStreamMeter(settings, (kept) => settings.onward('stderr', kept)),
  };
  const both = [streams.stdout, streams.stderr];
  return {
    pass: (stream, chunk) => streams[stream].pass(chunk),
    wrote: (stream, bytes) => streams[stream].wrote(bytes),
    isFull: () => both.some((stream) => stream.isFull()),
    async room() {
      for (const stream of both) await stream.room();
    },
    async settle(isAll) {
      for (const stream of both) await stream.settle(isAll);
    },
    wasCut() {
      streams.stdout.wasCut();
      streams.stderr.wasCut();
    },
    finish(outcome) {
      const { stdout, stderr } = { stdout: streams.stdout.finish(), stderr: streams.stderr.finish() };
      const isRedacted = stdout.redaction !== null || stderr.redaction !== null;
      return {
        stdoutBytes: stdout.bytes,
        stderrBytes: stderr.bytes,
        stdoutKeptBytes: stdout.keptBytes,
        stderrKeptBytes: stderr.keptBytes,
        stdoutSha256: stdout.sha256,
        stderrSha256: stderr.sha256,
        groupHash: hashGroup(outcome, stdout, stderr),
        ...(isRedacted && { redaction: { stdout: stdout.redaction, stderr: stderr.redaction } }),
      };
    },
  };
}

/** Of an outcome without output. */
export function groupHashOf(outcome: Outcome): string {
  const nothing = { bytes: 0, keptBytes: 0, normalisedSha256: sha256OfNothing };
  return hashGroup(outcome, nothing, nothing);
}

type GroupedStream = { bytes: number; keptBytes: number; normalisedSha256: string };

function hashGroup(outcome: Outcome, stdout: GroupedStream, stderr: GroupedStream): string {
  // The detail is a sentence for people and may name the node; two nodes with the same reason are one group.
  const { kind } = outcome;
  const result = kind === 'exited' ? [kind, outcome.exitCode, outcome.signal, outcome.reason] : [kind, outcome.reason];
  const isCut = [stdout.bytes > stdout.keptBytes, stderr.bytes > stderr.keptBytes];
  const group = hash('sha256', JSON.stringify([result, isCut, stdout.normalisedSha256, stderr.normalisedSha256]));
  return `${normalisationVersion}:${group}`;
}

const sha256OfNothing = hash('sha256', '');

/** Made with the first byte: most commands write to one stream only. */
type OpenStream = {
  redactor: StreamRedactor;
  /** Of what was sent. Until something was masked it is that of what the node wrote, too. */
  sent: Hash;
  raw: Hash | null;
  normalised: Hash;
  normaliser: Normaliser;
};

function createStreamMeter({ limitBytes, rules, onUnjudged }: OutputMeterSettings, onward: (kept: Buffer) => void) {
  let open: OpenStream | null = null;
  let bytes = 0;
  let keptBytes = 0;
  let isCut = false;
  const masked = createSpanList();

  function begin(): OpenStream {
    const sent = createHash('sha256');
    const begun: OpenStream = {
      redactor: createStreamRedactor({ rules, keepBytes: limitBytes, onUnjudged, emit }),
      ...{ sent, raw: null, normalised: createHash('sha256'), normaliser: createNormaliser() },
    };
    return begun;

    function emit(raw: Buffer, shown: Buffer, spans: readonly RedactedSpan[]): void {
      if (spans.length > 0) begun.raw ??= begun.sent.copy();
      begun.raw?.update(raw);
      begun.sent.update(shown);
      begun.normalised.update(begun.normaliser.push(shown));
      keptBytes += shown.length;
      masked.add(spans);
      onward(shown);
    }
  }

  return {
    pass(chunk: Buffer): void {
      // What stands behind the limit is looked at, so that a secret which the limit cuts is known.
      const looked = chunk.subarray(0, Math.max(0, limitBytes + lookAheadBytes - bytes));
      bytes += chunk.length;
      if (looked.length === 0 || limitBytes === 0) return;
      open ??= begin();
      open.redactor.push(looked);
    },
    wrote(total: number): void {
      bytes = Math.max(bytes, total);
    },
    wasCut(): void {
      isCut = true;
    },
    isFull: () => open?.redactor.isFull() ?? false,
    room: () => open?.redactor.room() ?? Promise.resolve(),
    settle: (isAll: boolean) => open?.redactor.finish(isAll && !isCut) ?? Promise.resolve(),
    finish() {
      const rawSha256 = open?.raw?.digest('hex') ?? null;
      return {
        bytes: isCut ? Math.max(bytes, keptBytes + 1) : bytes,
        keptBytes,
        sha256: open?.sent.digest('hex') ?? sha256OfNothing,
        normalisedSha256: open?.normalised.digest('hex') ?? sha256OfNothing,
        redaction: masked.read(rawSha256),
      };
    },
  };
}

/** All are counted; the first ones are kept. */
function createSpanList() {
  const spans: StreamRedaction['spans'] = [];
  const rules: Record<string, number> = {};
  let count = 0;
  let bytes = 0;
  let last: RedactedSpan | null = null;
  return {
    add(found: readonly RedactedSpan[]): void {
      for (const span of found) {
        bytes += span.end - span.start;
        const kept = spans.at(-1);
        // One that reached over two pieces is one.
        if (last !== null && last.end === span.start && last.rule === span.rule) {
          if (kept !== undefined && kept[1] === span.start) kept[1] = span.end;
        } else {
          count += 1;
          rules[span.rule] = (rules[span.rule] ?? 0) + 1;
          if (spans.length < redactedSpansMax) spans.push([span.start, span.end, span.rule]);
        }
        last = span;
      }
    },
    read: (rawSha256: string | null): StreamRedaction | null =>
      count === 0 ? null : { rawSha256, count, bytes, rules, spans },
  };
}
