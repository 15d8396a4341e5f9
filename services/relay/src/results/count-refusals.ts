// What PostgreSQL refuses however often it is told. Entered by the recorder, of one report alone. Counted across tunnels: one that is opened
// anew tells everything again, which helps where a part was lost, and never where the part is itself what is refused. Memory only.
import type { Report } from './report.ts';

/** After so many it is passed over: its tunnel would be opened anew for ever. */
const refusalsMax = 3;
/** More are not remembered, the oldest go first: those are told three times more. */
const rememberedMax = 10_000;

export interface Refusals {
  /** False: this very report was refused often enough. */
  mayComeAgain(report: Report): boolean;
  isPassedOver(report: Report): boolean;
}

export function countRefusals(): Refusals {
  const counts = new Map<string, number>();
  const passedOver = new Set<string>();
  return {
    mayComeAgain(report) {
      const key = partOf(report);
      const count = (counts.get(key) ?? 0) + 1;
      counts.delete(key);
      if (count <= refusalsMax) counts.set(key, count);
      else passedOver.add(wholeOf(report));
      for (const keys of [counts, passedOver]) forgetOldest(keys);
      return count <= refusalsMax;
    },
    isPassedOver: (report) => passedOver.size > 0 && passedOver.has(wholeOf(report)),
  };
}

function forgetOldest(keys: Map<string, number> | Set<string>): void {
  for (const oldest of keys.keys()) {
    if (keys.size <= rememberedMax) return;
    keys.delete(oldest);
  }
}

/** Of output the piece: three others that were refused once each say nothing of it. */
function partOf(report: Report): string {
  const whole = wholeOf(report);
  return report.frame.t === 'output' ? `${whole} ${report.frame.offset}` : whole;
}

/** Of output the stream: what follows what is not stored can't be stored either. */
function wholeOf({ satellite: { satelliteId }, frame }: Report): string {
  switch (frame.t) {
    case 'output':
      return [satelliteId, frame.t, frame.executionId, frame.attempt, frame.stream].join(' ');
    case 'started':
      return [satelliteId, frame.t, frame.executionId, frame.attempt].join(' ');
    case 'dispatch-ack':
      return [satelliteId, frame.t, frame.dispatchId].join(' ');
    case 'inquiry-ack':
      return [satelliteId, frame.t, frame.inquiryId].join(' ');
    case 'result':
      return [satelliteId, frame.t, frame.result.executionId, frame.result.revision].join(' ');
    case 'unreadable-result':
      return [satelliteId, frame.t, frame.executionId, frame.revision].join(' ');
    default:
      return frame satisfies never;
  }
}
