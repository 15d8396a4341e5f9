// Entered with a text that is to leave whole: a message for a model, a line of a log. What is a secret in it becomes asterisks.
import { createStreamRedactor, type RedactedSpan, type RedactionRules } from './redact-stream.ts';

export type RedactedText = { text: string; spans: readonly RedactedSpan[] };

/** Spans are in characters. `onUnjudged`: as for streams. */
export async function redactText(
  text: string,
  rules: RedactionRules,
  onUnjudged: (error: unknown) => void,
): Promise<RedactedText> {
  const spans: RedactedSpan[] = [];
  const redactor = createStreamRedactor({ rules, onUnjudged, emit: (_raw, _shown, found) => spans.push(...found) });
  // One byte a character: what the rules look for is ASCII.
  redactor.push(Buffer.from(text.replace(/[^\0-\x7f]/g, '¦'), 'latin1'));
  await redactor.finish();
  let shown = '';
  let end = 0;
  for (const span of spans) {
    shown += text.slice(end, span.start) + '*'.repeat(span.end - span.start);
    end = span.end;
  }
  return { text: spans.length === 0 ? text : shown + text.slice(end), spans };
}
