// What a piece of an export says by itself: which of its lines are records that hold and follow from each other. Entered by whoever verifies,
// in any thread, since this is most of the work; verify-export holds it against what stands before. Pure.
import { hash } from 'node:crypto';
import { growSpan, leafHash } from '@sena/envelope/merkle-tree';
import { sealHash } from './chain-hash.ts';

/** Places are bytes of the piece, without the last line's end. */
interface Lines {
  readonly from: number;
  readonly to: number;
}

/** Records in the form that write-export gives them. Each holds if the first one follows from `previousHash` in this organization. */
export interface RecordRun extends Lines {
  readonly kind: 'run';
  /** Of the last line. */
  readonly lastFrom: number;
  readonly organizationId: string;
  readonly firstSeq: number;
  readonly previousHash: string;
  readonly records: number;
  readonly lastHash: string;
  /** Of the tree of all records, with hashes in hex. */
  readonly subtrees: readonly { readonly size: number; readonly hash: string }[];
}

/** In order. Of `lines` nothing is said: they are whatever they are. */
export type ExportPart = RecordRun | ({ readonly kind: 'lines' } & Lines);

export interface DigestedPiece {
  readonly bytes: Buffer;
  readonly parts: readonly ExportPart[];
}

interface Place {
  readonly organizationId: string;
  readonly seq: number;
  readonly previousHash: string;
}

/** `bytes`: whole lines; the end of the last one may be missing. */
export function digestPiece(bytes: Buffer): DigestedPiece {
  // A character a byte: places are the same in both, and nothing has to be decoded.
  const text = bytes.toString('latin1');
  const parts: ExportPart[] = [];
  let run: Run | null = null;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    const line = text.slice(from, to);
    if (run === null || !run.takesNext(line, from)) {
      if (run !== null) parts.push(run.end());
      run = beginRun(bytes, from, line);
      if (run === null) {
        const last = parts.at(-1);
        if (last?.kind === 'lines') parts[parts.length - 1] = { ...last, to };
        else parts.push({ kind: 'lines', from, to });
      }
    }
    from = to + 1;
  }
  if (run !== null) parts.push(run.end());
  return { bytes, parts };
}

interface Run {
  takesNext(line: string, at: number): boolean;
  end(): RecordRun;
}

/** With this line, or null: it is no record, or none that holds. */
function beginRun(bytes: Buffer, from: number, firstLine: string): Run | null {
  const first = readPlace(firstLine);
  if (first === null) return null;
  const span = growSpan(first.seq - 1);
  const { organizationId } = first;
  let { seq, previousHash } = first;
  let [to, lastFrom] = [from, from];
  const run: Run = {
    takesNext(line, at) {
      const seal = findSeal(line, bytes, at, { organizationId, seq, previousHash });
      if (seal === null) return false;
      span.append(leafHash(seal));
      seq += 1;
      previousHash = seal;
      [to, lastFrom] = [at + line.length, at];
      return true;
    },
    end: () => ({
      ...{ kind: 'run', from, to, lastFrom, organizationId },
      ...{ firstSeq: first.seq, previousHash: first.previousHash, records: seq - first.seq, lastHash: previousHash },
      subtrees: span.subtrees().map((subtree) => ({ size: subtree.size, hash: subtree.hash.toString('hex') })),
    }),
  };
  return run.takesNext(firstLine, from) ? run : null;
}

const opening = '{"event":{';
const organizationKey = ',"organizationId":"';
const hashKey = ',"hash":"';

/** Without taking the line apart: the bytes that are hashed stand in it as they are. Null: it is not this record, or it is written otherwise. */
function findSeal(line: string, bytes: Buffer, at: number, place: Place): string | null {
  const tail = `","kind":"record","previousHash":"${place.previousHash}","seq":${place.seq}}`;
  const sealAt = line.length - tail.length - 64;
  if (sealAt < 0 || !line.startsWith(opening) || !line.endsWith(tail)) return null;
  const eventEnd = sealAt - hashKey.length;
  if (!line.startsWith(hashKey, eventEnd)) return null;
  // Behind it stand the run and the subject alone, and inside a text every quote has a backslash before it.
  const organizationAt = line.lastIndexOf(organizationKey, sealAt);
  if (!line.startsWith(`${place.organizationId}","runId":`, organizationAt + organizationKey.length)) return null;
  const eventSha256 = hash('sha256', bytes.subarray(at + opening.length - 1, at + eventEnd));
  const seal = line.slice(sealAt, sealAt + 64);
  return seal === sealHash({ ...place, eventSha256 }) ? seal : null;
}

/** Where the line says that it belongs. */
function readPlace(line: string): Place | null {
  if (!line.startsWith(opening)) return null;
  const tail = /","kind":"record","previousHash":"([0-9a-f]{64})","seq":([1-9][0-9]{0,14})}$/.exec(line.slice(-140));
  if (tail === null) return null;
  const organization = /^([^"\\]+)","runId":/.exec(
    line.slice(line.lastIndexOf(organizationKey) + organizationKey.length).slice(0, 200),
  );
  if (organization === null) return null;
  return { organizationId: organization[1] as string, seq: Number(tail[2]), previousHash: tail[1] as string };
}
