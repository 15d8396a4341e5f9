// Does a checkpoint continue the last one that was seen? Pure: the key behind it has been checked by then.
import type { Checkpoint, ConsistencyProof } from '@sena/contracts/domain/checkpoint';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { isConsistent } from '@sena/envelope/consistency-proof';

export type CheckpointRefusalCode = Extract<SatelliteFrame, { t: 'checkpoint-refused' }>['code'];

export type CheckpointJudgement =
  | { readonly kind: 'follows' }
  | { readonly kind: 'refused'; readonly code: CheckpointRefusalCode; readonly message: string };

/** `seen`: null for the first one, which is believed. */
export function judgeCheckpoint(
  seen: Checkpoint | null,
  told: Checkpoint,
  proof: ConsistencyProof,
): CheckpointJudgement {
  if (seen === null) {
    if (proof.fromSize === 0) return { kind: 'follows' };
    return refuse('proof_starts_elsewhere', 'This satellite has seen no checkpoint yet.');
  }
  const [size, seenSize] = [told.size, seen.size];
  if (size < seenSize)
    return refuse('rolled_back', `${seenSize} records were vouched for, and now there are to be ${size}.`);
  if (size === seenSize) {
    if (told.root === seen.root && told.headHash === seen.headHash) return { kind: 'follows' };
    return refuse('fork', `Of ${size} records another checkpoint was signed: they have been rewritten since.`);
  }
  if (proof.fromSize !== seenSize)
    return refuse('proof_starts_elsewhere', `This satellite has seen ${seenSize} records last.`);
  if (isConsistent(seen, told, proof)) return { kind: 'follows' };
  return refuse('fork', `Nothing shows that these ${size} records begin with the ${seenSize} that were vouched for.`);
}

function refuse(code: CheckpointRefusalCode, message: string): CheckpointJudgement {
  return { kind: 'refused', code, message };
}
