// Whether the satellite's halt switch is on: a file that is there. Entered by the runtime once; asked before everything that begins. Reads
// the file's presence once a turn of the event loop, however many begin in it.
import { existsSync } from 'node:fs';

export function watchHaltSwitch(haltFile: string): () => boolean {
  let isOnNow: boolean | null = null;
  return () => {
    if (isOnNow === null) {
      isOnNow = existsSync(haltFile);
      setImmediate(() => {
        isOnNow = null;
      });
    }
    return isOnNow;
  };
}
