// One request, valid or broken in a way that has a name. The operations come from the gateway's own OpenAPI document: what is added there
// is fuzzed without a word here. Pure.
import { gzipSync } from 'node:zlib';
import {
  type Operation,
  type Sample,
  sampleOperation,
  type Words,
} from '../../../services/gateway/src/fixtures/sample-requests.ts';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import { hostileString, hostileValue, RawJson } from '../mutate/hostile-values.ts';
import { mutateBytes } from '../mutate/mutate-bytes.ts';
import { mutateValue } from '../mutate/mutate-value.ts';
import type { RawRequest } from './send-raw.ts';

export const breaks = {
  none: 12,
  body: 28,
  'body text': 8,
  'body encoding': 6,
  path: 10,
  query: 10,
  headers: 10,
  method: 3,
  framing: 6,
  bytes: 6,
  'same key at once': 2,
  'too large': 0.4,
} as const;
export type Break = keyof typeof breaks;

const breaksOfBodies: ReadonlySet<Break> = new Set([
  'body',
  'body text',
  'body encoding',
  'same key at once',
  'too large',
]);

export interface DrawnRequest extends RawRequest {
  readonly broken: Break;
  readonly operation: Operation;
  /** Sent so many times at the same moment. */
  readonly copies: number;
  /** False: bytes of which no HTTP server has to make anything; an end without an answer is fine. */
  readonly isReadable: boolean;
}

export interface Drawing {
  readonly operations: readonly Operation[];
  /** For texts of a place that has none of its own. */
  readonly words: Words;
  /** By kind, as in the paths' first words: `run` for `/v1/runs/{id}`, and in names of fields: `siteId`. */
  readonly objects: Readonly<Record<string, string>>;
  /** Ids of every kind, and cursors. */
  readonly ids: readonly string[];
  /** `Authorization: Bearer …` or `Cookie: …`, as header pairs. */
  readonly credentials: ReadonlyArray<readonly [string, string]>;
  /** What a directory shows, for what is below /scim. */
  readonly directory: readonly [string, string];
  readonly origin: string;
}

/** Everything of a request but its bytes. */
interface Parts {
  method: string;
  target: string;
  headers: Array<[string, string]>;
  body: Buffer | null;
}

/** `wanted`: broken so, whatever chance says. */
export function drawRequest(drawing: Drawing, random: SeededRandom, wanted?: Break): DrawnRequest {
  const needsBody = wanted !== undefined && breaksOfBodies.has(wanted);
  const operation = random.pick(
    needsBody ? drawing.operations.filter(({ body }) => body !== null) : drawing.operations,
  );
  const choices = Object.entries(breaks).map(([name, weight]) => ({ name: name as Break, weight }));
  let broken = wanted ?? random.pickWeighted(choices).name;
  if (operation.body === null && breaksOfBodies.has(broken)) broken = random.pick(['path', 'query', 'headers']);
  const choose = (count: number) => random.between(0, count - 1);
  const sample = sampleOperation(operation, wordsOf(operation, drawing, random), choose);
  const parts = partsOf(operation, sample, drawing, random);
  const made = { broken, operation, copies: 1, isCutOff: false, isReadable: true };
  switch (broken) {
    case 'none':
      break;
    case 'body':
      parts.body = jsonOf(mutateValue(sample.body, random), random);
      break;
    case 'body text':
      parts.body = mutateBytes(parts.body ?? Buffer.alloc(0), jsonOf(hostileValue(random), random), random);
      break;
    case 'body encoding':
      breakEncoding(parts, random);
      break;
    case 'path':
      parts.target = breakPath(operation, sample, drawing, random);
      break;
    case 'query':
      parts.target = breakQuery(operation, parts.target, drawing, random);
      break;
    case 'headers':
      breakHeaders(parts, drawing, random);
      break;
    case 'method':
      parts.method = random.pick([
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'PRI',
        'get',
        'FOO',
      ]);
      break;
    case 'framing':
      return { ...made, ...breakFraming(parts, random) };
    case 'bytes': {
      const whole = Buffer.concat([headOf(parts, parts.body?.length ?? null), parts.body ?? Buffer.alloc(0)]);
      const pieces = [mutateBytes(whole, Buffer.from(hostileString(random)), random)];
      return { ...made, pieces, isCutOff: true, isReadable: false };
    }
    case 'same key at once': {
      parts.headers = parts.headers.filter(([name]) => name !== 'idempotency-key');
      parts.headers.push(['idempotency-key', `same-${random.between(0, 1e9)}`]);
      return { ...made, copies: random.between(2, 6), pieces: piecesOf(parts) };
    }
    case 'too large':
      parts.body = random.chance(0.5)
        ? Buffer.from(`{"kind":${'9'.repeat(10_000_000)}}`)
        : Buffer.from('['.repeat(random.pick([100_000, 3_000_000])));
      break;
  }
  return { ...made, pieces: piecesOf(parts) };
}

/** Where an id goes, mostly the id of what is meant, so that a request gets past the first door. */
function wordsOf(operation: Operation, { words, objects }: Drawing, random: SeededRandom): Words {
  return (place) => {
    const noun = place === 'id' ? (operation.path.split('/')[2] ?? '') : place;
    const meant = Object.keys(objects).find(
      (kind) => noun.startsWith(kind) && (place === 'id' || place === `${kind}Id`),
    );
    return meant !== undefined && random.chance(0.85) ? [objects[meant] ?? ''] : words(place);
  };
}

function partsOf(operation: Operation, sample: Sample, drawing: Drawing, random: SeededRandom): Parts {
  const query = new URLSearchParams(sample.query).toString();
  const body = sample.body === null ? null : Buffer.from(JSON.stringify(sample.body));
  const headers: Array<[string, string]> = [
    ['host', 'localhost'],
    // Every request is somebody else's: limits by address are not what is tried here.
    ['x-forwarded-for', [10, random.between(0, 255), random.between(0, 255), random.between(0, 255)].join('.')],
    ...Object.entries(sample.headers).map(([name, value]): [string, string] => [name, value]),
  ];
  const isOfDirectory = operation.path.startsWith('/scim/') && random.chance(0.9);
  const [name, value] = isOfDirectory ? drawing.directory : random.pick(drawing.credentials);
  if (!operation.isPublic || random.chance(0.2)) headers.push([name, value]);
  if (name === 'cookie' || random.chance(0.05)) headers.push(['origin', drawing.origin]);
  if (body !== null) headers.push(['content-type', 'application/json']);
  return { method: operation.method, target: `${fill(operation, sample)}${query && `?${query}`}`, headers, body };
}

function fill(operation: Operation, sample: Sample): string {
  return operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(sample.path[name] ?? 'x'));
}

function piecesOf(parts: Parts): Buffer[] {
  const head = headOf(parts, parts.body?.length ?? null);
  return parts.body === null ? [head] : [head, parts.body];
}

function headOf({ method, target, headers }: Parts, length: number | null): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (length !== null) lines.push(`content-length: ${length}`);
  return Buffer.from(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`, 'latin1');
}

/** With what JSON.stringify never writes: keys twice, numbers without end, lone surrogates as they are. */
function jsonOf(value: unknown, random: SeededRandom): Buffer {
  let changed = value;
  if (random.chance(0.1)) {
    const text = random.pick([
      '1e999',
      '-0',
      '1'.repeat(5_000),
      '0.1e-400',
      '"\\ud800"',
      'NaN',
      '01',
      `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    ]);
    changed = mutateValue(value, random, 1);
    return Buffer.from(write(placeRaw(changed, new RawJson(text), random)));
  }
  const text = write(changed);
  if (random.chance(0.1) && text.startsWith('{"')) return Buffer.from(`${text.slice(0, -1)},${text.slice(1)}`);
  return Buffer.from(text);
}

function placeRaw(value: unknown, raw: RawJson, random: SeededRandom): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return raw;
  const keys = Object.keys(value);
  return keys.length === 0 ? raw : { ...value, [random.pick(keys)]: raw };
}

function write(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function breakEncoding(parts: Parts, random: SeededRandom): void {
  const body = parts.body ?? Buffer.alloc(0);
  const without = (name: string) => parts.headers.filter(([known]) => known !== name);
  const contentType = (value: string) => {
    parts.headers = [...without('content-type'), ['content-type', value]];
  };
  switch (random.between(0, 8)) {
    case 0:
      parts.body = Buffer.from(body.toString(), 'utf16le');
      contentType('application/json; charset=utf-16');
      return;
    case 1:
      parts.body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
      return;
    case 2:
      parts.body = gzipSync(body);
      parts.headers.push(['content-encoding', 'gzip']);
      return;
    case 3:
      parts.body = gzipSync(Buffer.alloc(5_000_000));
      parts.headers.push(['content-encoding', random.pick(['gzip', 'br', 'deflate', 'gzip, gzip'])]);
      return;
    case 4:
      parts.body = Buffer.concat([body.subarray(0, -2), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), body.subarray(-2)]);
      return;
    case 5:
      parts.headers = without('content-type');
      return;
    case 6:
      parts.body = random.pick([
        Buffer.alloc(0),
        Buffer.from('null'),
        Buffer.from('""'),
        Buffer.from('0'),
        Buffer.from(' '),
        Buffer.from('\0'),
      ]);
      return;
    default:
      contentType(
        random.pick([
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=',
          'application/json; charset=latin1',
          'application/json;;;',
          'application/merge-patch+json',
          'Application/JSON',
          '',
          'a/b/c',
          `application/${'x'.repeat(2_000)}`,
        ]),
      );
  }
}

const pathPieces = [
  '%00',
  '%2e%2e%2f',
  '..',
  '.',
  '%ff',
  '%c0%af',
  '%',
  '%zz',
  '%u0041',
  '\xff\xfe',
  '*',
  ';a=b',
  '%20',
  '//',
  '\\',
  '__proto__',
  'constructor',
  '%ED%A0%80',
  '%E2%80%AE',
  '{id}',
  ':id',
  'undefined',
  'NaN',
  '-1',
  '[object%20Object]',
] as const;

function breakPath(operation: Operation, sample: Sample, { ids }: Drawing, random: SeededRandom): string {
  const piece = () =>
    random.pick([
      () => random.pick(ids),
      () => random.pick(pathPieces),
      () => `${random.pick(ids)}${random.pick(pathPieces)}`,
      () => encodeURIComponent(hostileString(random).toWellFormed()).slice(0, 6_000),
      () => 'a'.repeat(random.pick([99, 100, 101, 9_000])),
      () => random.pick(ids).toUpperCase(),
    ])();
  if (operation.path.includes('{')) return operation.path.replaceAll(/\{[^}]+\}/g, piece);
  const path = fill(operation, sample);
  return random.pick([
    `${path}/${piece()}`,
    `/${piece()}${path}`,
    path.replace('/v1', '/v1/../v1'),
    `${path}/`,
    `http://elsewhere.test${path}`,
    path.toUpperCase(),
    `${path}#x`,
  ]);
}

function breakQuery(operation: Operation, target: string, { ids }: Drawing, random: SeededRandom): string {
  const names = operation.parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  const known = [...names, 'cursor', 'limit', 'x', '__proto__', 'a[b]', 'a[]', 'limit[]', ''];
  const pairs = Array.from({ length: random.pick([1, 1, 2, 3, 200]) }, () => {
    const name = random.pick(names.length > 0 && random.chance(0.8) ? names : known);
    const value = random.pick([
      () => random.pick(ids),
      () => encodeURIComponent(hostileString(random).toWellFormed()).slice(0, 9_000),
      () =>
        Buffer.from(JSON.stringify(hostileValue(random)))
          .toString('base64url')
          .slice(0, 6_000),
      () => random.pick(pathPieces),
      () => String(random.pick([-1, 0, 1, 500, 501, 1e21, 2 ** 53])),
    ])();
    return `${name}=${value}`;
  });
  return `${target.split('?', 1)[0]}?${pairs.join(random.pick(['&', '&', '&&', ';']))}`.slice(0, 15_000);
}

function breakHeaders(parts: Parts, { ids, credentials }: Drawing, random: SeededRandom): void {
  // No line end in it: that would be another header, and "bytes" does that.
  const text = () =>
    hostileString(random)
      .replaceAll(/[\r\n\0]/g, ' ')
      .slice(0, 9_000);
  for (let count = random.between(1, 3); count > 0; count -= 1) {
    switch (random.between(0, 6)) {
      case 0:
        parts.headers = parts.headers.filter(([name]) => name !== 'authorization' && name !== 'cookie');
        parts.headers.push(
          random.pick([
            ['authorization', `Bearer ${text()}`],
            ['authorization', text()],
            ['authorization', 'Basic Og=='],
            ['cookie', text()],
            ['cookie', `__Host-session=${text()}; a=%E0%A4%A; =; ;;`],
          ]),
        );
        break;
      case 1:
        parts.headers.push([...random.pick(credentials)]);
        break;
      case 2:
        for (let many = random.pick([5, 90, 1_999]); many > 0; many -= 1) parts.headers.push([`x-${many}`, 'y']);
        break;
      case 3:
        parts.headers.push(['x-long', 'a'.repeat(random.pick([8_000, 16_300, 17_000, 70_000]))]);
        break;
      default:
        parts.headers.push([
          random.pick([
            'idempotency-key',
            'last-event-id',
            'traceparent',
            'range',
            'accept',
            'origin',
            'sec-fetch-site',
            'x-forwarded-for',
            'x-forwarded-host',
            'x-forwarded-proto',
            'host',
            'expect',
            'upgrade',
            'if-none-match',
            'content-type',
            'accept-encoding',
          ]),
          random.pick([
            text,
            () => random.pick(ids),
            () =>
              random.pick([
                'bytes=0-',
                'bytes=5-2',
                'bytes=-99999999999999999999',
                'bytes=0-0,1-1',
                '100-continue',
                'websocket',
                '00-0-0-0',
                '999999999999999999999',
                'null',
              ]),
          ])(),
        ]);
    }
  }
}

function breakFraming(parts: Parts, random: SeededRandom): Pick<DrawnRequest, 'pieces' | 'isCutOff' | 'isReadable'> {
  const body = parts.body ?? Buffer.from('{}');
  const half = body.subarray(0, body.length >> 1);
  const chunkedHead = () => {
    parts.headers.push(['transfer-encoding', 'chunked']);
    return headOf(parts, null);
  };
  const chunk = (bytes: Buffer, extension = '') =>
    Buffer.concat([Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`), bytes, Buffer.from('\r\n')]);
  const end = Buffer.from('0\r\n\r\n');
  switch (random.between(0, 8)) {
    case 0:
      return {
        pieces: [chunkedHead(), ...[...body].map((byte) => chunk(Buffer.from([byte]))), end],
        isCutOff: false,
        isReadable: true,
      };
    case 1:
      return { pieces: [chunkedHead(), chunk(body, `;${'x=y;'.repeat(20)}`), end], isCutOff: false, isReadable: true };
    case 2:
      return { pieces: [chunkedHead(), chunk(half)], isCutOff: true, isReadable: false };
    case 3:
      return { pieces: [headOf(parts, body.length), half], isCutOff: true, isReadable: false };
    case 4:
      return { pieces: [headOf(parts, half.length), body], isCutOff: false, isReadable: false };
    case 5:
      return { pieces: [headOf(parts, body.length + 10), body], isCutOff: true, isReadable: false };
    case 6:
      // Both at once: what a smuggler sends.
      parts.headers.push([
        'transfer-encoding',
        random.pick(['chunked', ' chunked', 'chunked, gzip', 'identity', 'xchunked']),
      ]);
      return { pieces: [headOf(parts, 4), end, headOf(parts, null)], isCutOff: true, isReadable: false };
    case 7:
      return {
        pieces: [chunkedHead(), Buffer.from(`${random.pick(['ffffffffffffffff', '-1', '0x10', 'g', ''])}\r\n`), body],
        isCutOff: true,
        isReadable: false,
      };
    default:
      parts.headers.push(['content-length', random.pick(['-1', '1e9', '99999999999999999999', '0, 5', '٣', '+4'])]);
      return { pieces: [headOf(parts, body.length), body], isCutOff: true, isReadable: false };
  }
}
