// Checkpoints of a run, written only while its lease is held: a former holder that wakes up must not put an older thought on top.
import type { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { assertLeaseNow } from '@sena/runs/claim-run';
import { type RunContext, readInRun } from './run-context.ts';

/** The same saver, with the lease asked for before each write. Its writes throw `conflict` once the lease is lost. */
export function fenceCheckpoints(saver: PostgresSaver, context: RunContext): PostgresSaver {
  const assertHeld = () => readInRun(context, (transaction) => assertLeaseNow(transaction, context.lease));
  const fenced: PostgresSaver = Object.create(saver);
  fenced.put = async (...values) => {
    await assertHeld();
    return saver.put(...values);
  };
  fenced.putWrites = async (...values) => {
    await assertHeld();
    return saver.putWrites(...values);
  };
  return fenced;
}
