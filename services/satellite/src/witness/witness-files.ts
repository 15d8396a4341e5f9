// What a satellite keeps of the audit, in its state directory: the last checkpoint that it has signed, and the one that it would not sign.
// Written by open-witness, read by the commands. Each write is on disk when it returns.
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  checkpointKeySchema,
  checkpointSchema,
  consistencyProofSchema,
  type WitnessedCheckpoint,
  witnessedCheckpointSchema,
} from '@sena/contracts/domain/checkpoint';
import { z } from 'zod';
import { OperatorError } from '../config/operator-error.ts';

/** Two checkpoints under one key that don't follow from each other: proof of a rewritten past, for whoever has both. */
const refusedCheckpointSchema = z.strictObject({
  v: z.literal(1),
  refusedAt: z.string(),
  code: z.string(),
  message: z.string(),
  told: z.strictObject({ checkpoint: checkpointSchema, key: checkpointKeySchema, proof: consistencyProofSchema }),
  seen: witnessedCheckpointSchema.nullable(),
});
export type RefusedCheckpoint = z.infer<typeof refusedCheckpointSchema>;

/** Null: none yet. Throws `OperatorError` when it can't be read: without it a satellite would sign anything. */
export function readWitnessed(file: string): WitnessedCheckpoint | null {
  return read(file, witnessedCheckpointSchema);
}

export function readRefusedCheckpoint(file: string): RefusedCheckpoint | null {
  return read(file, refusedCheckpointSchema);
}

function read<T>(file: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new OperatorError(
      `${file} is damaged. Restore it. If it is lost, run satellite checkpoint --forget: then this satellite believes the next checkpoint it is told.`,
      { cause },
    );
  }
}

export async function keepWitnessed(file: string, witnessed: WitnessedCheckpoint): Promise<void> {
  await writeSynced(file, witnessed);
}

/** The first one stays; but what shows a rewritten past takes the place of what anybody can send. */
export async function keepRefused(file: string, refused: RefusedCheckpoint): Promise<void> {
  const kept = readRefusedCheckpoint(file);
  if (kept === null || (isEvidence(refused) && !isEvidence(kept))) await writeSynced(file, refused);
}

function isEvidence({ code }: RefusedCheckpoint): boolean {
  return code === 'fork' || code === 'rolled_back';
}

/** Its name in the directory too: what is signed must not be forgotten by a power loss. */
async function writeSynced(file: string, value: unknown): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const directory = await open(dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
