// One file of an export, through the threads and in its order, into the verifier. Entered by `sena audit verify`. Reads only.
import type { ExportVerifier } from '@sena/audit/verify-export';
import type { Digesters, Digestion } from './open-digesters.ts';
import { readPieces } from './read-pieces.ts';

/** False: the verifier has seen enough. */
export async function verifyFile(file: string, verifier: ExportVerifier, digesters: Digesters): Promise<boolean> {
  const underWay: Promise<Digestion>[] = [];
  async function takeOldest(): Promise<boolean> {
    const digestion = await underWay.shift();
    if (digestion === undefined) return true;
    if (digestion.kind === 'failed') throw digestion.error;
    return verifier.takePiece(digestion.piece);
  }
  for await (const bytes of readPieces(file)) {
    underWay.push(digesters.digest(bytes));
    if (underWay.length >= digesters.piecesAhead && !(await takeOldest())) return false;
  }
  while (underWay.length > 0) if (!(await takeOldest())) return false;
  return true;
}
