// One node's part of a dispatch or of an inquiry, before anything of it was done. Entered by the runtime. Touches nothing.
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope, EnvelopeNode, InquiryEnvelope, InquiryNode } from '@sena/contracts/envelope';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf } from '@sena/telemetry/trace-context';
import type { Begun, Execution, Inquired } from './execution.ts';

/** `begun`: an earlier process has sent it. */
export function createExecution(
  envelope: DispatchEnvelope,
  node: EnvelopeNode,
  mode: ExecutionMode,
  logger: Logger,
  begun: Begun | null = null,
): Execution {
  const { executionId } = node;
  const { dispatchId, runId, traceparent } = envelope;
  let own: Logger | null = null;
  return {
    kind: 'dispatched',
    id: executionId,
    envelope,
    node,
    mode,
    // Made when there is something to say: of ten thousand that go well there is not.
    get logger() {
      own ??= logger.child({ executionId, dispatchId, runId, node: node.name, traceId: traceIdOf(traceparent) });
      return own;
    },
    attempts: begun?.attempt ?? 0,
    wasSent: begun !== null,
    awaited: null,
    isCancelled: false,
    begun,
    stop: new AbortController(),
  };
}

/** `acked`: bytes of it that the relay has, beyond what the inquiry says. */
export function createInquired(
  inquiry: InquiryEnvelope,
  node: InquiryNode,
  acked: { stdoutAcked: number; stderrAcked: number },
  logger: Logger,
): Inquired {
  const { executionId } = node;
  const { inquiryId, dispatchId, runId, traceparent } = inquiry;
  const fields = { executionId, inquiryId, dispatchId, runId, node: node.name, traceId: traceIdOf(traceparent) };
  return {
    kind: 'inquired',
    id: executionId,
    inquiry,
    node,
    logger: logger.child(fields),
    acked: {
      stdout: Math.max(node.stdoutBytes, acked.stdoutAcked),
      stderr: Math.max(node.stderrBytes, acked.stderrAcked),
    },
    asks: 0,
    stop: new AbortController(),
  };
}
