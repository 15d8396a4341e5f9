// What a satellite says of its work, with the connection it came by: what is recorded. Types only.
import type { SatelliteFrame } from '@sena/contracts/frames';
import type { UnreadableReport } from '@sena/tunnel/decode-frames';
import type { HeldSatellite } from '../held-satellites.ts';

type ReportFrame =
  | Extract<SatelliteFrame, { t: 'dispatch-ack' | 'inquiry-ack' | 'started' | 'output' | 'result' }>
  | Extract<UnreadableReport, { t: 'unreadable-result' }>;

export interface Report {
  readonly satellite: HeldSatellite;
  readonly frame: ReportFrame;
}

export type ReportOf<T extends ReportFrame['t']> = Report & { readonly frame: Extract<ReportFrame, { t: T }> };
