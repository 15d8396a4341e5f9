// Makes one readable line of one line that a process wrote: JSON of the logger, or plain text.
// Pure. Control characters never reach the terminal.
import type { Style } from './style.ts';

const nameWidth = 14;
/** Who asked and for whom is in the audit log; here it would push the message off the screen. */
const silentFields = new Set([
  'organizationId',
  'actor',
  'by',
  'address',
  'dispatchId',
  'level',
  'time',
  'service',
  'msg',
  'err',
  'pid',
  'hostname',
  'traceparent',
  'traceId',
  'v',
  'reqId',
]);
const valueCharsMax = 160;

/** null: not worth a line, such as a page that reads. `SENA_LOG=json` shows everything. */
export function renderLine(name: string, line: string, style: Style): string | null {
  const prefix = style.named(name, `${name.padEnd(nameWidth)}│`);
  const entry = parseEntry(line);
  if (entry === null) return `${prefix} ${safeText(line)}`;
  if (entry.msg === 'request') return renderRequest(prefix, entry, style);
  const fields = Object.entries(entry)
    .filter(([key, value]) => !silentFields.has(key) && value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${shortValue(value)}`);
  const words = [String(entry.msg ?? ''), describeError(entry.err), style.dim(safeText(fields.join(' ')))];
  const text = words
    .slice(0, 2)
    .filter((word) => word !== '')
    .map(safeText)
    .join(': ');
  return `${prefix} ${[paintLevel(String(entry.level ?? 'info'), text, style), words[2]].filter((word) => word).join(' ')}`;
}

function renderRequest(prefix: string, entry: Record<string, unknown>, style: Style): string | null {
  const { method, route, status, durationMs } = entry;
  const isRefused = typeof status !== 'number' || status >= 400;
  if (!isRefused && (method === 'GET' || method === 'HEAD')) return null;
  const text = safeText(`${method} ${route} ${status}`);
  return `${prefix} ${isRefused ? style.yellow(text) : text} ${style.dim(`${durationMs} ms`)}`;
}

/** Everything that a terminal would obey becomes visible instead. */
export function safeText(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, (character) => {
    if (character === '\t') return ' ';
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

function parseEntry(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'msg' in value ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function describeError(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === undefined ? '' : String(value);
  const { message, code } = value as { message?: unknown; code?: unknown };
  return [message, code === undefined ? undefined : `(${String(code)})`].filter((part) => part !== undefined).join(' ');
}

function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text;
}

function paintLevel(level: string, text: string, style: Style): string {
  switch (level) {
    case 'fatal':
    case 'error':
      return style.red(text);
    case 'warn':
      return style.yellow(text);
    case 'debug':
    case 'trace':
      return style.dim(text);
    default:
      return text;
  }
}
