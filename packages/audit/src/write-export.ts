// An organization's audit as NDJSON, a piece at a time: entered by the API's export. Reads only; a slow reader holds no connection.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { canonicalJson } from './canonical-json.ts';
import type { SealedContent } from './chain-hash.ts';
import type { ExportLine } from './export-line.ts';
import { listSealedRecords, listUnsealedEvents } from './list-sealed-records.ts';
import { listCheckpointKeys, listCheckpoints, listSatelliteKeyChanges } from './read-checkpoints.ts';

const recordsAPiece = 1_000;

/** Text of whole lines. `afterSeq`: 0 for everything. What is appended while it is written may be in it or not. */
export async function* writeExport(pool: Pool, organizationId: string, afterSeq: number): AsyncGenerator<string> {
  const keys = await inOrganization(pool, organizationId, listCheckpointKeys);
  yield toLines([{ kind: 'header', v: 1, organizationId, afterSeq, exportedAt: new Date().toISOString(), keys }]);
  let seq = afterSeq;
  let changesWritten = 0;
  for (;;) {
    const piece = await inOrganization(pool, organizationId, async (transaction) => {
      const records = await listSealedRecords(transaction, seq, recordsAPiece);
      const checkpoints = await listCheckpoints(transaction, seq, records.at(-1)?.seq ?? seq);
      // After the cosignatures: a key that has signed one of them is among these.
      return { records, checkpoints, changes: await listSatelliteKeyChanges(transaction) };
    });
    const { records, changes } = piece;
    const fresh = changes.slice(changesWritten);
    if (fresh.length > 0) yield toLines(fresh.map((change) => ({ kind: 'satellite-key', ...change })));
    changesWritten = changes.length;
    if (records.length > 0) {
      const signedBySize = new Map(piece.checkpoints.map((signed) => [signed.checkpoint.size, signed]));
      yield toLines(
        records.flatMap((record): ExportLine[] => {
          const signed = signedBySize.get(record.seq);
          if (signed === undefined) return [{ kind: 'record', ...record }];
          return [
            { kind: 'record', ...record },
            { kind: 'checkpoint', ...signed.checkpoint },
            ...signed.cosignatures.map((cosignature) => ({ kind: 'cosignature' as const, ...cosignature })),
          ];
        }),
      );
      seq = records.at(-1)?.seq ?? seq;
    }
    if (records.length < recordsAPiece) break;
  }
  let unsealed = 0;
  let afterId: string | null = null;
  for (let isLast = false; !isLast; ) {
    const events: SealedContent[] = await inOrganization(pool, organizationId, (transaction) =>
      listUnsealedEvents(transaction, afterId, recordsAPiece),
    );
    if (events.length > 0) yield toLines(events.map((event) => ({ kind: 'unsealed', event })));
    unsealed += events.length;
    afterId = events.at(-1)?.id ?? null;
    isLast = events.length < recordsAPiece;
  }
  yield toLines([{ kind: 'end', records: seq, unsealed }]);
}

/** In canonical form, which is the quickest to verify. */
function toLines(lines: readonly ExportLine[]): string {
  return lines.map((line) => `${canonicalJson(line)}\n`).join('');
}
