// Entered by run-guarded and run-inquiry: a guarded command is followed to its end, all of its output is measured, and what the relay does
// not have of it goes there. Journals nothing.
import type { ExecutionLimits } from '@sena/contracts/envelope';
import { followGuardedCommand, type GuardedCommand, type GuardedEnd } from '../guard/follow-guarded-command.ts';
import type { OutputTail } from '../journal/journal-operations.ts';
import type { OutputSink } from '../output/create-outbox.ts';
import { createOutputMeter, type OutputMeter } from '../output/measure-output.ts';
import { logUnjudged, measuredSink } from '../output/measured-sink.ts';
import type { ConnectionRefusal, SshTarget } from '../ssh/open-ssh-connection.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import type { ExecutionRooms } from './execution-rooms.ts';

export type Followed = Pick<
  GuardedCommand,
  'key' | 'start' | 'obstacle' | 'timeoutMs' | 'startedAtMs' | 'findOutUntilMs' | 'stopSignal' | 'logger'
> & {
  attempt: number;
  limits: ExecutionLimits;
  /** Bytes of it that the relay has. */
  acked: { stdout: number; stderr: number };
  onRunning(sink: OutputSink): void;
};

export type Measured = {
  end: GuardedEnd;
  meter: OutputMeter;
  /** Output that the relay does not have yet. */
  tail: OutputTail | null;
};

/** `lease`: a connection to its node, or why there is none yet. */
export async function followMeasured(
  { attempt, limits, acked, onRunning, ...command }: Followed,
  target: SshTarget,
  lease: SshLease | ConnectionRefusal,
  rooms: Pick<ExecutionRooms, 'outbox' | 'pool' | 'leaving' | 'redaction'>,
): Promise<Measured> {
  const sink = rooms.outbox.open(command.key.executionId, attempt, acked);
  // All of it is measured; the relay gets what it does not have.
  const position = { stdout: 0, stderr: 0 };
  const meter = createOutputMeter({
    limitBytes: limits.outputBytesMax,
    rules: rooms.redaction,
    onward(stream, kept) {
      const known = Math.max(0, acked[stream] - position[stream]);
      position[stream] += kept.length;
      if (known < kept.length) sink.append(stream, kept.subarray(known));
    },
    onUnjudged: (error) => logUnjudged(command.logger, error),
  });
  const end = await followGuardedCommand(
    {
      ...command,
      sink: measuredSink(meter, sink),
      acquire: () => rooms.pool.acquire(target),
      leaving: rooms.leaving,
      onRunning: () => onRunning(sink),
    },
    lease,
  );
  if (end.kind === 'ended' && end.written !== null) {
    meter.wrote('stdout', end.written.stdout);
    meter.wrote('stderr', end.written.stderr);
  }
  // Until it has ended a line may be incomplete, and whoever asks again reads it again: nothing is decided about it here.
  if (end.kind !== 'left') await meter.settle(end.kind === 'ended');
  return { end, meter, tail: sink.tail() };
}
