// Entered by what carries dispatches and inquiries: to whom something can be sent now. Memory only.
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

/** A tunnel in which this much waits gets nothing more until it is gone. */
const waitingBytesMax = 8 * 1024 * 1024;

/** Of `whom`, those that were heard lately and whose tunnel is not full. */
export function whoTakesMore(held: HeldSatellites, whom: 'everybody' | readonly HeldSatellite[]): HeldSatellite[] {
  return (whom === 'everybody' ? held.all() : whom).filter(
    (satellite) => satellite.isHeard() && satellite.out.waitingBytes() < waitingBytesMax,
  );
}
