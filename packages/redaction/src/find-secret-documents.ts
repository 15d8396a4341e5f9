// Entered by redact-stream for each line from the first that begins a Kubernetes object: which part of it is a value of a Secret. kubectl writes
// the values before it says what they are, so places wait until the kind is known: of a ConfigMap nothing is masked. Keeps state. Pure.
import type { Place } from './rules/rule.ts';
import { withoutEnd } from './rules/without-end.ts';

/** For the finder of candidates: only such a line begins one. */
export const secretDocumentHints: readonly string[] = [
  'apiVersion',
  'kind: Secret',
  'kind": "Secret',
  'kind ":  "Secret',
];

/** What has not said by then what it is, and holds no values either, is no object. */
const linesMax = 2_000;

export type SecretDocuments = {
  /** Every line is looked at. */
  isWithin(): boolean;
  /** `mask` is called now, later, or never. `line`: without its line end. `isBegun`: only the beginning of a long one. */
  read(line: string, mask: (place: Place) => void, isBegun?: boolean): void;
  /** The next part of a line whose beginning was read: all of it is part of a value, or nothing. */
  readOn(part: string, mask: (place: Place) => void): void;
  /** Of the oldest values of which it is not known whether they are secrets; null: there are none. */
  undecided(): number | null;
  /** Nobody waits any longer: whatever is undecided is a secret. */
  settle(): void;
};

type Held = { place: Place; mask: (place: Place) => void };

type Document = {
  /** Of its keys. */
  column: number;
  kind: 'unknown' | 'secret' | 'secrets';
  lines: number;
  /** Within its values: the column of their names, once there was one. */
  section: { column: number | null } | null;
  held: Held[];
  serial: number;
};

/** A key of YAML, or of JSON with each key in a line of its own; where JSON stands in JSON, its quotes have become a blank and a quote. */
const keyLine = /^((?:[ \t]|- )*)(["']?)([A-Za-z0-9._/-]{1,253}) ?\2[ \t]*:(?=[ \t\r]|$)[ \t]*/;
const sections = /^(?:data|stringData)$/;
/** YAML that begins within a line: as text in JSON. */
const quotedBegin = /["'](?:apiVersion: v1|kind: (Secret))$/;
const bracket = /^[ \t]*[}\]],?$/;
const comment = /^[ \t]*#/;

export function createSecretDocuments(): SecretDocuments {
  /** Those that are open, the outermost first. */
  const open: Document[] = [];
  let serial = 0;
  let runsOn: Document | null = null;

  function close(from: number): void {
    // The kind came in its time or never: in doubt it is a secret.
    for (const document of open.splice(from)) for (const { place, mask } of document.held) mask(place);
  }

  function begin(column: number, kind: Document['kind']): void {
    serial += 1;
    open.push({ column, kind, lines: 0, section: null, held: [], serial });
  }

  /** Ends what this line is no part of. */
  function closeWhatEnds(column: number, text: string): void {
    const isKey = keyLine.test(text);
    const item = /^([ \t]*)- /.exec(text);
    const first = open.findIndex((document) => {
      document.lines += 1;
      if (document.kind === 'unknown' && document.held.length === 0 && document.lines > linesMax) return true;
      // A bracket of JSON that stands in JSON is one column nearer than the quotes are.
      if (column < document.column - 1) return true;
      if (item !== null) return columnsOf(item[1] ?? '') < document.column;
      if (column <= document.column) document.section = null;
      return column === document.column && !isKey && !bracket.test(text);
    });
    if (first >= 0) close(first);
  }

  function readKey(key: string, value: string, column: number): void {
    const document = open.findLast((each) => each.column === column);
    if (key === 'kind') {
      const kind = value === 'Secret' ? 'secret' : value === 'SecretList' ? 'secrets' : 'other';
      if (document === undefined) {
        if (kind !== 'other') begin(column, kind);
      } else if (kind === 'other') {
        document.held = [];
        close(open.indexOf(document));
      } else {
        document.kind = kind;
        for (const { place, mask } of document.held.splice(0)) mask(place);
      }
    } else if (key === 'apiVersion') {
      // Another object begins where there is one of unknown kind, and in one whose kind is known it is its second key.
      if (document?.kind === 'unknown') close(open.indexOf(document));
      if (value === 'v1' && (document === undefined || document.kind === 'unknown')) begin(column, 'unknown');
    } else if (key === 'items' && document?.kind === 'unknown' && document.held.length === 0) {
      close(open.indexOf(document));
    }
  }

  function hold(document: Document, place: Place, mask: (place: Place) => void): void {
    if (document.kind === 'unknown') document.held.push({ place, mask });
    else mask(place);
  }

  return {
    isWithin: () => open.length > 0,
    read(line, mask, isBegun = false) {
      runsOn = null;
      const text = withoutEnd(line, ' \t\r');
      if (text === '') return;
      const match = keyLine.exec(text);
      const indent = match?.[1] ?? /^[ \t]*/.exec(text)?.[0] ?? '';
      const column = columnsOf(indent);
      const isWithin = (document: Document) => document.section !== null && column > document.column;
      if (comment.test(text) && !open.some(isWithin)) return;
      closeWhatEnds(column, text);
      const within = open.filter(isWithin);
      for (const document of within) {
        const place = placeOf(text, match, column, document);
        if (place !== null && !/^\*+$/.test(line.slice(...place))) {
          hold(document, place, mask);
          if (isBegun && place[1] >= withoutEnd(text, '"\',').length) runsOn = document;
        }
      }
      if (match === null) {
        const begun = open.length === 0 ? quotedBegin.exec(text) : null;
        if (begun !== null) begin(0, begun[1] === undefined ? 'unknown' : 'secret');
        return;
      }
      const key = match[3] ?? '';
      const value = withoutEnd(text.slice(match[0].length), ' ,');
      const plain = value.replace(/^(["'])(.*?) ?\1$/, '$2');
      if (within.length === 0 || value.length < 64) readKey(key, plain, column);
      if (!sections.test(key)) return;
      let document = open.findLast((each) => each.column === column);
      if (document === undefined && open.some(({ kind }) => kind === 'secrets')) {
        begin(column, 'secret');
        document = open.at(-1);
      }
      if (document === undefined || document.kind === 'secrets') return;
      document.section = { column: null };
      // All in one line.
      if (/^\{..|^[^{|>]/.test(value) && !/^(?:\{ ?\}|null|~|#.*|\*+)$/.test(value))
        hold(document, [match[0].length, match[0].length + value.length], mask);
    },
    readOn(part, mask) {
      if (runsOn !== null && !/^\**$/.test(part)) hold(runsOn, [0, part.length], mask);
    },
    undecided: () => open.find(({ held }) => held.length > 0)?.serial ?? null,
    settle() {
      for (const document of open) {
        if (document.held.length === 0) continue;
        document.kind = 'secret';
        for (const { place, mask } of document.held.splice(0)) mask(place);
      }
    },
  };
}

function columnsOf(indent: string): number {
  // JSON may be indented by one tab a level, and a bracket of it is allowed to be one column off.
  return indent.length + (indent.split('\t').length - 1);
}

/** Of a line within the values: what stands behind a name, without its quotes, or all of a line that has none. */
function placeOf(text: string, match: RegExpExecArray | null, column: number, { section }: Document): Place | null {
  if (section === null) return null;
  section.column ??= column;
  const isNamed = match !== null && column <= section.column;
  let start = isNamed ? match[0].length : text.search(/\S/);
  let end = text.length;
  if (isNamed) {
    if (/^(?:[|>][+-]?\d?[+-]?|)$/.test(text.slice(start))) return null;
    if (text[end - 1] === ',') end -= 1;
    const quote = text[start];
    if (quote === '"' || quote === "'") {
      start += 1;
      if (text[end - 1] === quote && end > start) end -= 1;
    }
  }
  return start < end ? [start, end] : null;
}
