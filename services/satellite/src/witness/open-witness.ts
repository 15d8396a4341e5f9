// This satellite as a witness of its organization's audit: it signs a checkpoint that continues the last one it saw, and none else.
// Entered by the runtime, one frame at a time. Writes the two files of witness-files.
import type { KeyObject } from 'node:crypto';
import type { WitnessedCheckpoint } from '@sena/contracts/domain/checkpoint';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { isCheckpointKeyCertified } from '@sena/envelope/certify-checkpoint-key';
import { cosign, isCheckpointSigned } from '@sena/envelope/sign-checkpoint';
import type { Logger } from '@sena/telemetry/logger';
import type { Identity } from '../config/identity.ts';
import { OperatorError } from '../config/operator-error.ts';
import type { StateFiles } from '../config/state-directory.ts';
import { type CheckpointJudgement, type CheckpointRefusalCode, judgeCheckpoint } from './judge-checkpoint.ts';
import { keepRefused, keepWitnessed, readWitnessed } from './witness-files.ts';

type CheckpointFrame = Extract<RelayFrame, { t: 'checkpoint' }>;
type Answer = Extract<SatelliteFrame, { t: 'checkpoint-cosigned' | 'checkpoint-refused' }>;

export interface Witness {
  /** Why it signs nothing, and what to do; null: it does. */
  problem(): string | null;
  /** Null: it could not be kept, so nothing is said; it is asked again. */
  receive(frame: CheckpointFrame): Promise<Answer | null>;
}

/**
 * `pinned`: the dispatch keys that this satellite believes. Where what it has seen can't be read it witnesses nothing, because it would sign
 * anything: its other work goes on.
 */
export function openWitness(options: {
  state: StateFiles;
  /** It may change. */
  identity: () => Identity;
  organizationId: string;
  satelliteId: string;
  pinned: ReadonlyMap<string, KeyObject>;
  logger: Logger;
}): Witness {
  const { state, identity, organizationId, satelliteId, pinned, logger } = options;
  let seen: WitnessedCheckpoint | null = null;
  let problem: string | null = null;
  try {
    seen = readWitnessed(state.witnessed);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    problem = error.message;
    logger.error({ err: error }, `this satellite witnesses no checkpoint of the audit: ${problem}`);
  }

  async function judge({ checkpoint, key, proof }: CheckpointFrame): Promise<CheckpointJudgement> {
    const refuse = (code: CheckpointRefusalCode, message: string) => ({ kind: 'refused' as const, code, message });
    if (checkpoint.organizationId !== organizationId)
      return refuse('other_organization', 'The checkpoint is of another organization.');
    if (key.keyId !== checkpoint.keyId || !(await isCheckpointKeyCertified(key, organizationId, pinned)))
      return refuse(
        'key_unknown',
        'No dispatch key that this satellite has pinned says that this is the key of checkpoints.',
      );
    if (!isCheckpointSigned(checkpoint, key.publicKey))
      return refuse('signature_wrong', 'The checkpoint is not signed by the key of checkpoints, or was altered.');
    return judgeCheckpoint(seen?.checkpoint ?? null, checkpoint, proof);
  }

  async function answer(frame: CheckpointFrame): Promise<Answer> {
    const { checkpoint, key, proof } = frame;
    const { size } = checkpoint;
    const judgement = await judge(frame);
    if (judgement.kind === 'follows') {
      const { publicKeySpki: publicKey, privateKey } = identity();
      const cosignature = cosign(checkpoint, { satelliteId, publicKey, privateKey }, new Date());
      const next: WitnessedCheckpoint = { v: 1, checkpoint, key, cosignature };
      // On disk before it is told: what it has signed it must know for ever.
      await keepWitnessed(state.witnessed, next);
      seen = next;
      return { t: 'checkpoint-cosigned', size, cosignature };
    }
    const { code, message } = judgement;
    const seenSize = seen?.checkpoint.size ?? 0;
    if (code !== 'proof_starts_elsewhere') {
      const evidence = state.refusedCheckpoint;
      logger.error({ code, size, seenSize, evidence }, `a checkpoint of the audit is not signed: ${message}`);
      const told = { checkpoint, key, proof };
      await keepRefused(evidence, { v: 1, refusedAt: new Date().toISOString(), code, message, told, seen });
    }
    return { t: 'checkpoint-refused', size, code, message, seenSize };
  }

  return {
    problem: () => problem,
    async receive(frame) {
      if (problem !== null) return null;
      try {
        return await answer(frame);
      } catch (error) {
        // The work goes on: nothing depends on a witness but the witness's word.
        logger.error({ err: error }, 'a checkpoint of the audit could not be kept, so it is not signed');
        return null;
      }
    },
  };
}
