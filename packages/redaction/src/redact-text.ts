// Entered with a text that is to leave whole, such as a message for a model. What is a secret in it becomes asterisks. Output that stands in
// it as JSON is read as the output it was, and stays JSON.
import { createStreamRedactor, type RedactedSpan, type RedactionRules } from './redact-stream.ts';

export type RedactedText = { text: string; spans: readonly RedactedSpan[] };

/** Spans are in characters. `onUnjudged`: as for streams. */
export async function redactText(
  text: string,
  rules: RedactionRules,
  onUnjudged: (error: unknown) => void,
): Promise<RedactedText> {
  const found: RedactedSpan[] = [];
  const redactor = createStreamRedactor({ rules, onUnjudged, emit: (_raw, _shown, spans) => found.push(...spans) });
  // One byte a character: what the rules look for is ASCII. They know lines and quotes, not how JSON writes them.
  const plain = text
    .replace(/[^\0-\x7f]/g, '¦')
    // Behind another backslash it is no line end of the output, but one that the output writes as two letters.
    .replace(/(?<!\\)\\[rn]/g, ' \n')
    .replace(/(?<!\\)\\t/g, '  ')
    .replaceAll('\\"', ' "');
  redactor.push(Buffer.from(plain, 'latin1'));
  await redactor.finish();

  const spans = found.map((span) => withoutHalves(text, span)).filter(({ start, end }) => start < end);
  let shown = '';
  let end = 0;
  for (const span of spans) {
    shown += text.slice(end, span.start) + '*'.repeat(span.end - span.start);
    end = span.end;
  }
  return { text: spans.length === 0 ? text : shown + text.slice(end), spans };
}

/** What is written with a backslash is masked as a whole or not at all. */
function withoutHalves(text: string, { start, end, rule }: RedactedSpan): RedactedSpan {
  return { start: isHalved(text, start) ? start + 1 : start, end: isHalved(text, end) ? end - 1 : end, rule };
}

function isHalved(text: string, at: number): boolean {
  return text[at - 1] === '\\' && /["nrt]/.test(text[at] ?? '');
}
