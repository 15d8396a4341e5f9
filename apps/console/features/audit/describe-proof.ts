// What vouches for the audit, and what a verification found, in words. Pure.
import type { AuditCheckpoint, AuditVerification } from '@sena/contracts/http/audit';

const number = (value: number) => value.toLocaleString('en');
const records = (count: number) => (count === 1 ? '1 record' : `${number(count)} records`);

export function describeSigned({ sealed, unsealed, checkpoint }: AuditCheckpoint): string {
  const waiting = unsealed === 0 ? '' : ` ${number(unsealed)} more wait to be sealed.`;
  if (checkpoint === null)
    return `Nothing is signed yet. The first checkpoint comes about a minute after the first record.${waiting}`;
  if (checkpoint.size === sealed) return `All ${records(sealed)} are signed.${waiting}`;
  return `${number(checkpoint.size)} of ${records(sealed)} are signed. The next checkpoint takes in the others.${waiting}`;
}

export type Witnessed =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'signed'; readonly text: string };

export function describeWitnessed({ witnesses, checkpoint }: AuditCheckpoint): Witnessed {
  if (witnesses.length === 0) return { kind: 'nobody' };
  if (checkpoint === null) return { kind: 'waiting' };
  const last = witnesses.filter(({ signed }) => signed?.size === checkpoint.size).length;
  const ever = witnesses.filter(({ signed }) => signed !== null);
  if (last === witnesses.length) return { kind: 'signed', text: `${everyone(last)} signed it too.` };
  if (last > 0)
    return { kind: 'signed', text: `${number(last)} of ${number(witnesses.length)} satellites have signed it too.` };
  if (ever.length === 0) return { kind: 'waiting' };
  const size = Math.max(...ever.map(({ signed }) => signed?.size ?? 0));
  return { kind: 'signed', text: `Satellites have signed up to record ${number(size)} so far.` };
}

function everyone(count: number): string {
  if (count === 1) return 'The satellite has';
  return count === 2 ? 'Both satellites have' : `All ${number(count)} satellites have`;
}

export interface Finding {
  readonly tone: 'success' | 'warning' | 'danger';
  readonly title: string;
  readonly text: string;
}

export function describeVerification(verification: AuditVerification): Finding {
  switch (verification.kind) {
    case 'intact': {
      const { records: count, signedRecords, witnessedRecords, unsealed, durationMs } = verification;
      const tail =
        unsealed === 0 ? '' : ` ${unsealed === 1 ? '1 event is' : `${number(unsealed)} events are`} not sealed yet.`;
      return {
        tone: 'success',
        title: count === 1 ? 'The record holds' : `All ${records(count)} hold`,
        text:
          `Signed up to record ${number(signedRecords)}, witnessed by a satellite up to record ${number(witnessedRecords)}.${tail} ` +
          `Recomputed by the server in ${durationMs < 1_000 ? `${durationMs} ms` : `${(durationMs / 1_000).toFixed(1)} s`}.`,
      };
    }
    case 'broken': {
      const { seq, upToSeq, reason, eventId } = verification;
      const where =
        seq === upToSeq
          ? `Record ${number(seq)} does not hold`
          : `One of the records ${number(seq)} to ${number(upToSeq)} does not hold`;
      const event = eventId === null ? '' : ` It is ${eventId}.`;
      return {
        tone: 'danger',
        title: where,
        text: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.${event} Export the audit now, and hold it against what your satellites saw.`,
      };
    }
    case 'too_long':
      return {
        tone: 'warning',
        title: 'Too many records to verify here',
        text: `There are ${number(verification.records)}; here it is done up to ${number(verification.recordsMax)}. Export the audit and run sena audit verify.`,
      };
  }
}
