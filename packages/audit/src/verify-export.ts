// Recomputes an export line by line, offline, and names the first record that does not hold: against itself, against the signer's
// checkpoints, and against what satellites saw. Pure. A database superuser can make the export's inside hold; not what others kept.
import {
  type Checkpoint,
  type CheckpointKey,
  checkpointKeySchema,
  checkpointSchema,
  cosignatureSchema,
  satelliteKeyChangeSchema,
  type WitnessedCheckpoint,
} from '@sena/contracts/domain/checkpoint';
import { fingerprintOf } from '@sena/envelope/dispatch-key';
import { isIdentityChangeSigned } from '@sena/envelope/identity-change';
import { growTree, leafHash } from '@sena/envelope/merkle-tree';
import { isCheckpointSigned, isCosigned } from '@sena/envelope/sign-checkpoint';
import { genesisHash } from './chain-hash.ts';
import type { DigestedPiece, RecordRun } from './digest-piece.ts';
import type { ExportLine } from './export-line.ts';
import { findFlaw } from './verify-chain.ts';

/** Events are sealed within a second, in the order of their times; a transaction takes less than this from its event to its end. */
const unsealedBehindMsMax = 10 * 60_000;

export interface VerifyAgainst {
  /** What satellites saw, as their operators kept it. */
  readonly witnessed: readonly WitnessedCheckpoint[];
  /** Of checkpoint keys that are believed besides those in `witnessed`. */
  readonly keyFingerprints: readonly string[];
}

/** A checkpoint that holds, and who says so. `isPinned`: by a key that the verifier was given. */
export interface Voucher {
  readonly size: number;
  readonly at: string;
  readonly by: 'signer' | 'cosignature' | 'kept';
  readonly satelliteId: string | null;
  readonly isPinned: boolean;
}

export type ExportVerdict =
  | {
      readonly kind: 'intact';
      readonly organizationId: string;
      readonly records: number;
      readonly headHash: string;
      readonly root: string;
      readonly unsealed: number;
      /** The largest of each kind that holds, and of each satellite. */
      readonly vouchers: readonly Voucher[];
      readonly keyFingerprints: readonly string[];
    }
  | {
      readonly kind: 'broken';
      /** The first record that does not hold, or the first of those among which it is. */
      readonly seq: number;
      /** Where it can be one of several: the last of them. */
      readonly upToSeq: number;
      readonly eventId: string | null;
      readonly line: number;
      readonly reason: string;
    };
type Broken = Extract<ExportVerdict, { kind: 'broken' }>;

export interface ExportVerifier {
  /** The next line, without its end. False: it is broken, nothing more is needed. */
  take(line: string): boolean;
  /** The next lines, sooner: those that hold by themselves need only be held against what stands before them. */
  takePiece(piece: DigestedPiece): boolean;
  /** After the last line. */
  finish(): ExportVerdict;
}

type State = 'before' | 'records' | 'unsealed' | 'ended';

export function verifyExport(against: VerifyAgainst): ExportVerifier {
  const pinnedKeys = new Set([
    ...against.witnessed.map(({ key }) => fingerprintOf(key.publicKey)),
    ...against.keyFingerprints,
  ]);
  /** Those that were kept, and those that became theirs: each said so of the next one. */
  const pinnedWitnesses = new Map<string, Set<string>>();
  for (const { cosignature } of against.witnessed) pinWitness(cosignature.satelliteId, cosignature.publicKey);
  const kept = Map.groupBy(against.witnessed, ({ checkpoint }) => checkpoint.size);
  const keptSizeMax = Math.max(0, ...kept.keys());
  const tree = growTree();
  const keys = new Map<string, CheckpointKey>();
  const vouchers = new Map<string, Voucher>();
  let state: State = 'before';
  let organizationId = '';
  let [seq, line, unsealed] = [0, 0, 0];
  let previousHash = genesisHash;
  /** The line of the last record: read when something is to be compared with its time. */
  let lastRecord: string | null = null;
  let checkpoint: Checkpoint | null = null;
  /** What lies before it is what somebody outside saw. */
  let seenOutside = 0;
  let broken: Broken | null = null;

  function pinWitness(satelliteId: string, publicKey: string): void {
    pinnedWitnesses.set(satelliteId, (pinnedWitnesses.get(satelliteId) ?? new Set()).add(publicKey));
  }

  /** At one record. */
  function breakAt(at: number, eventId: string | null, reason: string): undefined {
    broken ??= { kind: 'broken', seq: at, upToSeq: at, eventId, line, reason };
  }
  /** Somewhere among the records since what is known to be right. */
  function breakSince(upToSeq: number, reason: string): undefined {
    broken ??= { kind: 'broken', seq: Math.min(seenOutside + 1, upToSeq), upToSeq, eventId: null, line, reason };
  }

  /** True: these are the next records, and they hold. False: nothing is said, and its lines are looked at as any others. */
  function takeRun(run: RecordRun, bytes: Buffer): boolean {
    const lastSeq = run.firstSeq + run.records - 1;
    if (state !== 'records' || run.firstSeq !== seq + 1) return false;
    if (run.organizationId !== organizationId || run.previousHash !== previousHash) return false;
    // Somebody saw what the tree was in the middle of it.
    for (const size of kept.keys()) if (size >= run.firstSeq && size < lastSeq) return false;
    for (const subtree of run.subtrees)
      tree.appendSubtree({ size: subtree.size, hash: Buffer.from(subtree.hash, 'hex') });
    line += run.records;
    passTo(lastSeq, run.lastHash, bytes.toString('utf8', run.lastFrom, run.to));
    return true;
  }

  function passTo(lastSeq: number, seal: string, text: string): undefined {
    lastRecord = text;
    seq = lastSeq;
    checkpoint = null;
    previousHash = seal;
    if (seq <= keptSizeMax) for (const each of kept.get(seq) ?? []) holdAgainstKept(each);
  }

  function takeLine(text: string): undefined {
    let value: ExportLine;
    try {
      value = JSON.parse(text) as ExportLine;
    } catch {
      return breakAt(seq + 1, null, 'the line is not JSON: the file is damaged or cut off');
    }
    switch (value?.kind) {
      case 'header':
        return takeHeader(value);
      case 'record':
        return takeRecord(value, text);
      case 'satellite-key':
        return takeSatelliteKey(value);
      case 'checkpoint':
        return takeCheckpoint(value);
      case 'cosignature':
        return takeCosignature(value);
      case 'unsealed':
        if (state !== 'records' && state !== 'unsealed')
          return breakAt(seq + 1, null, 'an unsealed event stands in the wrong place');
        state = 'unsealed';
        unsealed += 1;
        return takeUnsealed(value);
      case 'end':
        return takeEnd(value);
      default:
        return breakAt(seq + 1, null, 'the line is none that an export has');
    }
  }

  function takeHeader(header: Extract<ExportLine, { kind: 'header' }>): undefined {
    if (state !== 'before' && state !== 'ended')
      return breakAt(seq + 1, null, 'a header stands in the middle of an export');
    if (header.v !== 1) return breakAt(seq + 1, null, 'the export is of another version; update sena');
    if (header.afterSeq !== seq)
      return breakAt(
        seq + 1,
        null,
        `records ${seq + 1} to ${header.afterSeq} are missing: the export begins after them`,
      );
    if (state === 'ended' && header.organizationId !== organizationId)
      return breakAt(seq + 1, null, 'the export goes on with another organization');
    organizationId = header.organizationId;
    const other = against.witnessed.find((each) => each.checkpoint.organizationId !== organizationId);
    if (other !== undefined)
      return breakAt(
        1,
        null,
        `the checkpoint that was kept is of ${other.checkpoint.organizationId}, the export of ${organizationId}`,
      );
    for (const each of header.keys ?? []) {
      const key = checkpointKeySchema.safeParse(each);
      if (!key.success) return breakAt(seq + 1, null, 'a key of the header can not be read');
      keys.set(key.data.keyId, key.data);
    }
    state = 'records';
    unsealed = 0;
  }

  function takeRecord(record: Extract<ExportLine, { kind: 'record' }>, text: string): undefined {
    const eventId = typeof record.event?.id === 'string' ? record.event.id : null;
    if (state !== 'records') return breakAt(seq + 1, eventId, 'the record stands in the wrong place');
    let flaw: string | null;
    try {
      flaw = findFlaw({ organizationId, seq: seq + 1, previousHash }, record);
    } catch {
      flaw = 'it can not be read';
    }
    if (flaw !== null) return breakAt(seq + 1, eventId, flaw);
    tree.append(leafHash(record.hash));
    passTo(seq + 1, record.hash, text);
  }

  /** One that was passed over while later ones were sealed was taken off the sealer's list by somebody. */
  function takeUnsealed({ event }: Extract<ExportLine, { kind: 'unsealed' }>): undefined {
    const atMs = Date.parse(event?.at);
    if (Number.isNaN(atMs)) return breakAt(seq + 1, null, 'an unsealed event can not be read');
    if (lastRecord === null) return;
    const last = JSON.parse(lastRecord) as Extract<ExportLine, { kind: 'record' }>;
    if (Date.parse(last.event.at) - atMs <= unsealedBehindMsMax) return;
    breakAt(seq + 1, event.id, `it is of ${event.at} and was never sealed, and records up to ${last.event.at} were`);
  }

  /** What the export's tree is at this size, against what a satellite signed and its operator kept. */
  function holdAgainstKept({ checkpoint: seen, key, cosignature }: WitnessedCheckpoint): undefined {
    const { size, at } = seen;
    const { satelliteId } = cosignature;
    if (!isCheckpointSigned(seen, key.publicKey) || !isCosigned(seen, cosignature))
      return breakSince(
        size,
        `the checkpoint of ${satelliteId} that was kept is not signed by its keys: it was altered`,
      );
    if (seen.root !== rootNow() || seen.headHash !== previousHash)
      return breakSince(
        size,
        `they are not the ${size} records that satellite ${satelliteId} saw at ${cosignature.at}`,
      );
    seenOutside = size;
    vouch({ size, at, by: 'kept', satelliteId, isPinned: true });
  }

  function takeCheckpoint(told: Extract<ExportLine, { kind: 'checkpoint' }>): undefined {
    const { kind: _, ...rest } = told;
    const parsed = checkpointSchema.safeParse(rest);
    if (state !== 'records' || !parsed.success)
      return breakAt(seq + 1, null, 'a checkpoint can not be read, or stands in the wrong place');
    checkpoint = parsed.data;
    const { size, at, keyId } = checkpoint;
    const key = keys.get(keyId);
    const name = `the checkpoint over ${size} records`;
    if (checkpoint.organizationId !== organizationId) return breakSince(seq, `${name} is of another organization`);
    if (size !== seq) return breakAt(seq + 1, null, `${name} stands after record ${seq}: records are missing or added`);
    if (key === undefined || !isCheckpointSigned(checkpoint, key.publicKey))
      return breakSince(size, `${name} is not signed by the key of checkpoints`);
    const isPinned = pinnedKeys.has(fingerprintOf(key.publicKey));
    if (pinnedKeys.size > 0 && !isPinned)
      return breakSince(
        size,
        `${name} is signed by ${fingerprintOf(key.publicKey)}, which is none of the keys that are believed`,
      );
    if (checkpoint.root !== rootNow() || checkpoint.headHash !== previousHash)
      return breakSince(size, `they are not the ${size} records that the signer signed at ${at}`);
    vouch({ size, at, by: 'signer', satelliteId: null, isPinned });
  }

  function takeSatelliteKey(told: Extract<ExportLine, { kind: 'satellite-key' }>): undefined {
    const { kind: _, ...rest } = told;
    const parsed = satelliteKeyChangeSchema.safeParse(rest);
    if (state !== 'records' || !parsed.success)
      return breakAt(seq + 1, null, 'a satellite’s new key can not be read, or stands in the wrong place');
    const { satelliteId, formerPublicKey, publicKey, formerSignature, signature } = parsed.data;
    if (!isIdentityChangeSigned(parsed.data, formerSignature, signature))
      return breakAt(
        seq + 1,
        null,
        `the new key of satellite ${satelliteId} is not signed by the former one and by itself`,
      );
    if (pinnedWitnesses.get(satelliteId)?.has(formerPublicKey) === true) pinWitness(satelliteId, publicKey);
  }

  function takeCosignature(told: Extract<ExportLine, { kind: 'cosignature' }>): undefined {
    const { kind: _, ...rest } = told;
    const parsed = cosignatureSchema.safeParse(rest);
    if (state !== 'records' || !parsed.success || checkpoint === null)
      return breakAt(seq + 1, null, 'a cosignature can not be read, or stands in the wrong place');
    const cosignature = parsed.data;
    const { satelliteId, at, publicKey } = cosignature;
    const { size } = checkpoint;
    if (!isCosigned(checkpoint, cosignature))
      return breakSince(size, `the cosignature of ${satelliteId} is not over the checkpoint of ${size} records`);
    const pinned = pinnedWitnesses.get(satelliteId);
    if (pinned !== undefined && !pinned.has(publicKey))
      return breakSince(size, `the cosignature of ${satelliteId} is by another key than that satellite's`);
    if (pinned !== undefined) seenOutside = size;
    vouch({ size, at, by: 'cosignature', satelliteId, isPinned: pinned !== undefined });
  }

  function takeEnd(end: Extract<ExportLine, { kind: 'end' }>): undefined {
    if (state !== 'records' && state !== 'unsealed') return breakAt(seq + 1, null, 'an end stands in the wrong place');
    if (end.records !== seq) return breakAt(seq + 1, null, `the end says ${end.records} records, and there are ${seq}`);
    if (end.unsealed !== unsealed)
      return breakAt(seq + 1, null, `the end says ${end.unsealed} unsealed events, and there are ${unsealed}`);
    state = 'ended';
  }

  function rootNow(): string {
    return tree.root().toString('hex');
  }

  function vouch(voucher: Voucher): undefined {
    const name = `${voucher.by} ${voucher.satelliteId}`;
    const known = vouchers.get(name);
    if (known === undefined || known.size <= voucher.size) vouchers.set(name, voucher);
  }

  function take(text: string): boolean {
    line += 1;
    if (broken === null && text !== '') takeLine(text);
    return broken === null;
  }

  return {
    take,
    takePiece({ bytes, parts }) {
      for (const part of parts) {
        if (broken !== null) break;
        if (part.kind === 'run' && takeRun(part, bytes)) continue;
        for (const text of bytes.toString('utf8', part.from, part.to).split('\n')) if (!take(text)) break;
      }
      return broken === null;
    },
    finish() {
      if (broken !== null) return broken;
      line += 1;
      if (state === 'before') breakAt(1, null, 'the file is empty');
      else if (state !== 'ended') breakAt(seq + 1, null, 'the export is cut off: its last line is missing');
      for (const { checkpoint: seen, cosignature } of against.witnessed) {
        if (seen.size <= seq) continue;
        breakAt(
          seq + 1,
          null,
          `records ${seq + 1} to ${seen.size} are missing: satellite ${cosignature.satelliteId} saw them at ${cosignature.at}`,
        );
      }
      return (
        broken ?? {
          kind: 'intact',
          ...{ organizationId, records: seq, headHash: previousHash, root: rootNow(), unsealed },
          vouchers: [...vouchers.values()],
          keyFingerprints: [...keys.values()].map(({ publicKey }) => fingerprintOf(publicKey)),
        }
      );
    },
  };
}
