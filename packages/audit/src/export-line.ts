// One line of an export, as NDJSON: what is written by write-export and read by verify-export. Types only.
import type { Checkpoint, CheckpointKey, Cosignature, SatelliteKeyChange } from '@sena/contracts/domain/checkpoint';
import type { SealedContent } from './chain-hash.ts';
import type { SealedRecord } from './verify-chain.ts';

/** In this order: a header, records with the checkpoints over them and who signed those, what is not sealed yet, the end. */
export type ExportLine =
  /** `afterSeq`: the export goes on where another one has ended. */
  | {
      readonly kind: 'header';
      readonly v: 1;
      readonly organizationId: string;
      readonly afterSeq: number;
      readonly exportedAt: string;
      readonly keys: readonly CheckpointKey[];
    }
  /** Before the first cosignature by that key. */
  | ({ readonly kind: 'satellite-key' } & SatelliteKeyChange)
  | ({ readonly kind: 'record' } & SealedRecord)
  | ({ readonly kind: 'checkpoint' } & Checkpoint)
  /** Of the checkpoint before it. */
  | ({ readonly kind: 'cosignature' } & Cosignature)
  | { readonly kind: 'unsealed'; readonly event: SealedContent }
  /** An export without it was cut off. `records`: the number of the last one. */
  | { readonly kind: 'end'; readonly records: number; readonly unsealed: number };
