// Entered where a command's output arrives: what the ssh side writes to, before it is measured and goes to the outbox. Slows the command down
// while either has no room.
import type { Logger } from '@sena/telemetry/logger';
import type { CommandSink } from '../ssh/execute-command.ts';
import type { OutputSink } from './create-outbox.ts';
import type { OutputMeter } from './measure-output.ts';

export function measuredSink(meter: OutputMeter, sink: Pick<OutputSink, 'isFull' | 'room'>): CommandSink {
  return {
    write: (stream, chunk) => meter.pass(stream, chunk),
    isFull: () => meter.isFull() || sink.isFull(),
    async room() {
      while (meter.isFull() || sink.isFull()) {
        await meter.room();
        await sink.room();
      }
    },
  };
}

export function logUnjudged(logger: Logger, error: unknown): void {
  logger.error(
    { err: error },
    'the rules for secrets could not be asked, so lines that may hold one were masked as a whole: report this defect',
  );
}
