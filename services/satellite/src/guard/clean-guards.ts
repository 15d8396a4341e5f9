// Entered when an outcome is safe at the cloud: its output on the node is nobody's any more. Gathers for a moment, so that many
// executions of a node cost one channel. What is missed here goes by age, with a later cleaning of the same node.
import type { Logger } from '@sena/telemetry/logger';
import type { SshTarget } from '../ssh/open-ssh-connection.ts';
import { runScript } from '../ssh/run-script.ts';
import type { SshPool } from '../ssh/ssh-pool.ts';
import { cleanText } from './guard-texts.ts';

export type GuardCleaner = {
  /** It has ended; its output may go once the outcome is acknowledged. */
  ended(executionId: string, target: SshTarget, directory: string): void;
  acknowledged(executionId: string): void;
  close(): void;
};

type Remains = { target: SshTarget; directory: string };

const gatherMs = 2_000;
const answerTimeoutMs = 15_000;
const executionsAChannel = 100;
/** Beyond it, the oldest are left to their age. */
const waitingMax = 50_000;

export function createGuardCleaner(pool: SshPool, logger: Logger): GuardCleaner {
  const waiting = new Map<string, Remains>();
  const due = new Map<string, Remains & { executionIds: string[] }>();
  let timer: NodeJS.Timeout | null = null;

  function clean(): void {
    timer = null;
    const batches = [...due.values()];
    due.clear();
    for (const batch of batches) {
      cleanNode(batch).catch((error: unknown) => logger.warn({ err: error }, 'a node could not be cleaned'));
    }
  }

  async function cleanNode({ target, directory, executionIds }: Remains & { executionIds: string[] }): Promise<void> {
    const lease = await pool.acquire(target);
    if (lease.kind === 'refused') {
      logger.info({ address: target.address, reason: lease.detail }, 'a node was not cleaned, its old files go by age');
      return;
    }
    try {
      for (let start = 0; start < executionIds.length; start += executionsAChannel) {
        const text = cleanText(directory, executionIds.slice(start, start + executionsAChannel), target.user);
        await runScript(lease.connection, text, 'no answer', null, answerTimeoutMs).ended;
      }
    } finally {
      lease.release();
    }
  }

  return {
    ended(executionId, target, directory) {
      waiting.set(executionId, { target, directory });
      if (waiting.size <= waitingMax) return;
      const [oldest] = waiting.keys();
      if (oldest !== undefined) waiting.delete(oldest);
    },
    acknowledged(executionId) {
      const remains = waiting.get(executionId);
      if (remains === undefined) return;
      waiting.delete(executionId);
      const { target, directory } = remains;
      const key = JSON.stringify([target.address, target.port, target.user, directory]);
      const batch = due.get(key) ?? { ...remains, executionIds: [] };
      batch.executionIds.push(executionId);
      due.set(key, batch);
      timer ??= setTimeout(clean, gatherMs);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
