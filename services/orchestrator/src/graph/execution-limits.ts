// What every execution gets at most. One place, because what is approved and what is dispatched must be equal. Pure.
import type { ExecutionLimits } from '@sena/contracts/envelope';

const outputBytesMax = 64 * 1024 * 1024;

export const noEnvironment: Record<string, string> = {};

/** `waitMs`: how long a node that can't be reached is waited for. */
export function limitsOf(commandTimeoutMs: number, waitMs: number): ExecutionLimits {
  return { timeoutMs: commandTimeoutMs, outputBytesMax, ...(waitMs > 0 ? { nodeWaitMs: waitMs } : {}) };
}
