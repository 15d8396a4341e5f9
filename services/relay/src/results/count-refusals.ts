// What PostgreSQL refuses however often it is told. Entered by the recorder, of one report alone. Counted across tunnels: one that is opened
// anew tells everything again, which helps where a part was lost, and never where the part is itself what is refused. Pure.
import type { Report } from './report.ts';

/** After so many it is passed over: its tunnel would be opened anew for ever. */
const refusalsMax = 3;
/** More are not remembered, the oldest go first: those are told three times more. */
const rememberedMax = 10_000;

export interface Refusals {
  /** False: it was refused often enough. */
  mayComeAgain(report: Report): boolean;
  isPassedOver(report: Report): boolean;
}

export function countRefusals(): Refusals {
  const counts = new Map<string, number>();
  return {
    mayComeAgain(report) {
      const key = keyOf(report);
      const count = (counts.get(key) ?? 0) + 1;
      counts.delete(key);
      counts.set(key, count);
      for (const oldest of counts.keys()) {
        if (counts.size <= rememberedMax) break;
        counts.delete(oldest);
      }
      return count <= refusalsMax;
    },
    isPassedOver: (report) => counts.size > 0 && (counts.get(keyOf(report)) ?? 0) > refusalsMax,
  };
}

/** Of output the whole stream: what follows what is not stored can't be stored either. */
function keyOf({ satellite, frame }: Report): string {
  switch (frame.t) {
    case 'output':
      return [satellite.satelliteId, frame.t, frame.executionId, frame.attempt, frame.stream].join(' ');
    case 'started':
      return [satellite.satelliteId, frame.t, frame.executionId, frame.attempt].join(' ');
    case 'dispatch-ack':
      return [satellite.satelliteId, frame.t, frame.dispatchId].join(' ');
    case 'inquiry-ack':
      return [satellite.satelliteId, frame.t, frame.inquiryId].join(' ');
    case 'result':
      return [satellite.satelliteId, frame.t, frame.result.executionId, frame.result.revision].join(' ');
    case 'unreadable-result':
      return [satellite.satelliteId, frame.t, frame.executionId, frame.revision].join(' ');
    default:
      return frame satisfies never;
  }
}
