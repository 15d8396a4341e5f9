// Entered for each stream of bytes that is to leave: what is a secret in it becomes asterisks, byte for byte, and every other byte stays. What
// comes out does not depend on how the stream was cut into pieces. Holds back the line that is not complete, never more than a few pieces.
import { isUtf8 } from 'node:buffer';
import { askSecretlint, secretlintHints } from './ask-secretlint.ts';
import { type CandidateFinder, type CandidateLine, createCandidateFinder } from './find-candidates.ts';
import { createKeyLines } from './find-key-lines.ts';
import { createSecretDocuments, secretDocumentHints } from './find-secret-documents.ts';
import { createCanaryRule } from './rules/canary-rule.ts';
import { ownRules } from './rules/own-rules.ts';
import type { Place, Rule } from './rules/rule.ts';

/** Bytes of the stream, from the first that was masked to the one behind the last. */
export type RedactedSpan = { start: number; end: number; rule: string };

export type RedactionRules = { rules: readonly Rule[]; find: CandidateFinder };

export type StreamRedactor = {
  push(piece: Buffer): void;
  /** No more comes. Resolves when all of it has been let out. A line that is not complete is judged as it is, or, with `isAll` false, stays here. */
  finish(isAll?: boolean): Promise<void>;
  /** True: what was pushed waits for a decision, and no more should be until `room` resolves. */
  isFull(): boolean;
  room(): Promise<void>;
};

export type StreamRedactorSettings = {
  rules: RedactionRules;
  /** In order. `shown` is `raw` itself where nothing was masked. */
  emit(raw: Buffer, shown: Buffer, spans: readonly RedactedSpan[]): void;
  /** Bytes behind it are looked at, so that a secret that is cut there is known, and not let out. */
  keepBytes?: number;
  /** The rules of @secretlint/core could not be asked: lines that they had to see are masked as a whole. */
  onUnjudged(error: unknown): void;
  /** In place of @secretlint/core. */
  ask?: typeof askSecretlint;
};

/** A longer line is judged in parts of this many bytes, each together with so much of what stands before and behind it. */
const partBytes = 64 * 1024;
const contextBytes = 8 * 1024;
/** So much may wait for @secretlint/core. */
const waitingBytesMax = 512 * 1024;
/** And so much for the word that says whether it is a Kubernetes secret, which has no more than 1.4 MB of values. */
const undecidedBytesMax = 2 * 1024 * 1024;
/** Behind `keepBytes`. */
export const lookAheadBytes = contextBytes;

const lineFeed = 0x0a;
const asterisk = 0x2a;
const nothing = Buffer.alloc(0);
const unjudged = 'unjudged';
const documentRule = 'kubernetes-secret';

/** Once a process: the same rules for all of its streams. `canaries`: texts that never leave, whatever they look like. */
export function createRedactionRules(canaries: readonly string[] = []): RedactionRules {
  const canary = createCanaryRule(canaries);
  const rules = canary === null ? ownRules : [canary, ...ownRules];
  // The last bits: @secretlint/core, and what begins an object of Kubernetes.
  const others = [{ hints: secretlintHints }, { hints: secretDocumentHints }];
  return { rules, find: createCandidateFinder([...rules, ...others]) };
}

type Waiting = {
  raw: Buffer;
  start: number;
  /** More may come until it is decided. */
  spans: RedactedSpan[];
  asked: Promise<RedactedSpan[]>;
  /** False: it stays here. */
  decided: Promise<boolean> | null;
};

/** Values that may be those of a Kubernetes secret, until that is known. */
type Undecided = { serial: number; promise: Promise<boolean>; resolve(isLetOut: boolean): void };

export function createStreamRedactor({
  rules: { rules, find },
  emit,
  keepBytes = Number.MAX_SAFE_INTEGER,
  onUnjudged,
  ask: findSecrets = askSecretlint,
}: StreamRedactorSettings): StreamRedactor {
  const asksSecretlint = 1 << rules.length;
  const beginsDocument = 1 << (rules.length + 1);
  const keyLines = createKeyLines();
  const documents = createSecretDocuments();
  let undecided: Undecided | null = null;
  /** What has no line end yet. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** Bytes of the same line that were let out before it. */
  let before: Buffer = nothing;
  /** Offset of the first held byte. */
  let position = 0;
  /** Spans that reach over what was let out so far. */
  let reaching: RedactedSpan[] = [];
  const waiting: Waiting[] = [];
  let waitingBytes = 0;
  let draining: Promise<void> | null = null;
  const roomWaiters: Array<() => void> = [];

  function push(piece: Buffer): void {
    if (piece.length === 0) return;
    const end = piece.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      hold(piece);
    } else {
      const whole = piece.subarray(0, end);
      const lines = heldBytes === 0 ? whole : Buffer.concat([...held, whole], heldBytes + end);
      held = [];
      heldBytes = 0;
      takeLines(lines);
      if (end < piece.length) hold(piece.subarray(end));
    }
    if (heldBytes > partBytes + contextBytes) {
      const line = Buffer.concat(held, heldBytes);
      const rest = takeParts(line);
      held = [rest];
      heldBytes = rest.length;
    }
  }

  function hold(piece: Buffer): void {
    // Ten bytes may hold on to a whole packet.
    held.push(Buffer.from(piece));
    heldBytes += piece.length;
  }

  /** Whole lines. Those that are too long are judged in parts, wherever the stream was cut. */
  function takeLines(lines: Buffer): void {
    let from = 0;
    while (from < lines.length) {
      const longest = from + partBytes + contextBytes;
      let to = lines.length;
      if (before.length > 0) {
        // The rest of a line whose beginning was let out.
        to = lines.indexOf(lineFeed, from) + 1;
      } else if (lines.length > longest) {
        to = lines.lastIndexOf(lineFeed, longest) + 1;
        if (to <= from) to = lines.indexOf(lineFeed, from) + 1;
      }
      const rest =
        to - from - 1 > partBytes + contextBytes ? takeParts(lines.subarray(from, to)) : lines.subarray(from, to);
      judge(rest, rest.length, true);
      before = nothing;
      from = to;
    }
  }

  /** What is left of a line when as many whole parts as there are were let out. */
  function takeParts(line: Buffer): Buffer {
    let rest = line;
    while (rest.length - (rest.at(-1) === lineFeed ? 1 : 0) > partBytes + contextBytes) {
      judge(rest.subarray(0, partBytes + contextBytes), partBytes, false);
      before = rest.subarray(partBytes - contextBytes, partBytes);
      rest = rest.subarray(partBytes);
    }
    return rest;
  }

  /** Decides about the first `length` bytes of `bytes`; what stands behind them, and `before`, is only looked at. */
  function judge(bytes: Buffer, length: number, isWhole: boolean): void {
    const window = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
    const offset = position - before.length;
    const spans: RedactedSpan[] = [];
    const questions: Array<{ text: string; offset: number }> = [];
    const isPart = before.length > 0 || !isWhole;
    if (isPart) keyLines.leave();
    const candidates = find(window);
    let next = 0;
    let keyFrom = 0;
    if (isPart) readPart(window, { length, isWhole, spans });
    for (;;) {
      const candidate: CandidateLine | undefined = candidates[next];
      // Within a key and a Kubernetes secret every line is looked at.
      const isWithin = keyLines.isWithin() || (!isPart && documents.isWithin());
      const from = isWithin ? keyFrom : (candidate?.start ?? window.length);
      if (from >= window.length) break;
      const rulesToAsk = candidate?.start === from ? candidate.rules : 0;
      if (candidate?.start === from) next += 1;
      const to = candidate?.start === from ? candidate.end : endOfLine(window, from);
      const text = readLine(window.subarray(from, to));
      for (const [index, rule] of rules.entries()) {
        if ((rulesToAsk & (1 << index)) === 0) continue;
        for (const [start, end] of askRule(rule, text)) {
          spans.push({ start: offset + from + start, end: offset + from + end, rule: rule.name });
        }
      }
      if ((rulesToAsk & asksSecretlint) !== 0) questions.push({ text, offset: offset + from });
      const key = isPart ? null : keyLines.read(text);
      if (key !== null) spans.push({ start: offset + from + key[0], end: offset + from + key[1], rule: 'private-key' });
      if (!isPart && ((rulesToAsk & beginsDocument) !== 0 || documents.isWithin()))
        documents.read(text, ([start, end]) =>
          spans.push({ start: offset + from + start, end: offset + from + end, rule: documentRule }),
        );
      keyFrom = to + 1;
    }
    letOut(bytes.subarray(0, length), spans, questions);
  }

  /** Of a long line: what its beginning says of it is true of all of it. */
  function readPart(
    window: Buffer,
    { length, isWhole, spans }: { length: number; isWhole: boolean; spans: RedactedSpan[] },
  ): void {
    const start = position;
    const mask = ([from, to]: Place) => spans.push({ start: start + from, end: start + to, rule: documentRule });
    if (!documents.isWithin()) return;
    const isFirst = before.length === 0;
    const part = window.subarray(before.length, before.length + length);
    const text = readLine(isWhole && part.at(-1) === lineFeed ? part.subarray(0, -1) : part);
    if (isFirst) documents.read(text, mask, true);
    else documents.readOn(text, mask);
  }

  /** One that fails has judged nothing, so all of the line is masked. */
  function askRule(rule: Rule, text: string): Place[] {
    try {
      return rule.find(text);
    } catch (error) {
      onUnjudged(error);
      return [[0, text.length]];
    }
  }

  function letOut(
    raw: Buffer,
    spans: RedactedSpan[],
    questions: ReadonlyArray<{ text: string; offset: number }>,
  ): void {
    const start = position;
    position += raw.length;
    if (undecidedBytes() + raw.length > undecidedBytesMax) documents.settle();
    const serial = documents.undecided();
    if (undecided !== null && undecided.serial !== serial) {
      undecided.resolve(true);
      undecided = null;
    }
    if (serial !== null) undecided ??= { serial, ...Promise.withResolvers<boolean>() };
    if (undecided === null && questions.length === 0 && waiting.length === 0 && draining === null) {
      show(raw, start, spans);
      return;
    }
    waitingBytes += raw.length;
    const asked = questions.length === 0 ? Promise.resolve([]) : ask(questions);
    waiting.push({ raw, start, spans, asked, decided: undecided?.promise ?? null });
    draining ??= drain();
  }

  async function ask(questions: ReadonlyArray<{ text: string; offset: number }>): Promise<RedactedSpan[]> {
    try {
      const found = await findSecrets(questions.map(({ text }) => text));
      return questions.flatMap(({ offset }, index) =>
        (found[index] ?? []).map(({ rule, place: [start, end] }) => ({
          start: offset + start,
          end: offset + end,
          rule,
        })),
      );
    } catch (error) {
      onUnjudged(error);
      return questions.map(({ text, offset }) => ({ start: offset, end: offset + text.length, rule: unjudged }));
    }
  }

  async function drain(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const spans = await next.asked;
      if (next.decided !== null && !(await next.decided)) {
        waiting.length = 0;
        break;
      }
      show(next.raw, next.start, [...next.spans, ...spans]);
      waitingBytes -= next.raw.length;
      if (waitingBytes < waitingBytesMax) for (const resume of roomWaiters.splice(0)) resume();
    }
    draining = null;
  }

  function show(raw: Buffer, start: number, spans: RedactedSpan[]): void {
    const kept = raw.subarray(0, Math.max(0, keepBytes - start));
    if (kept.length === 0) return;
    if (spans.length === 0 && reaching.length === 0) {
      emit(kept, kept, []);
      return;
    }
    const end = start + kept.length;
    const all = merge([...reaching, ...spans]);
    reaching = all.filter((span) => span.end > end);
    const masked = all
      .map((span) => ({ ...span, start: Math.max(span.start, start), end: Math.min(span.end, end) }))
      .filter((span) => span.start < span.end);
    if (masked.length === 0) {
      emit(kept, kept, []);
      return;
    }
    const shown = Buffer.from(kept);
    for (const span of masked) shown.fill(asterisk, span.start - start, span.end - start);
    emit(kept, shown, masked);
  }

  function undecidedBytes(): number {
    return undecided === null ? 0 : waitingBytes;
  }

  /** What is undecided needs more to come, and has its own bound. */
  function isFull(): boolean {
    return undecided === null && waitingBytes >= waitingBytesMax;
  }

  return {
    push,
    async finish(isAll = true) {
      if (heldBytes > 0 && isAll) {
        const rest = Buffer.concat(held, heldBytes);
        held = [];
        heldBytes = 0;
        judge(rest, rest.length, true);
        before = nothing;
      }
      if (isAll) documents.settle();
      undecided?.resolve(isAll);
      await draining;
    },
    isFull,
    room: () => (!isFull() ? Promise.resolve() : new Promise((resolve) => roomWaiters.push(resolve))),
  };
}

/** One character a byte. What is not ASCII is `¦`; in what is no text at all it is a control character, with which no secret goes on. */
function readLine(line: Buffer): string {
  const text = line.toString('latin1');
  if (!/[\x80-\xff]/.test(text)) return text;
  // Tabs, carriage returns, NUL and colors stand in text too.
  const isBinary = !isUtf8(line) && /\p{Cc}/u.test(text.replace(/[\t\r\0\x80-\xff]/g, '').replaceAll('\x1b', ''));
  return text.replace(/[\x80-\xff]/g, isBinary ? '\x01' : '¦');
}

function endOfLine(bytes: Buffer, from: number): number {
  const feed = bytes.indexOf(lineFeed, from);
  return feed < 0 ? bytes.length : feed;
}

/** In order; those that overlap are one, by the name of the first. */
function merge(spans: readonly RedactedSpan[]): RedactedSpan[] {
  const merged: RedactedSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end || (a.rule < b.rule ? -1 : 1))) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}
