// Which connection this state directory has had last. The relay is shown it with every hello: an older one is a copy's, or a backup's. Written
// before anything of a new connection is used, and on disk when that returns. Entered by the tunnel.
import { existsSync, readFileSync } from 'node:fs';
import { type Session, sessionSchema } from '@sena/contracts/frames';
import { writeFileWhole } from './state-directory.ts';

/** Null: there is none yet. Throws what a damaged file makes: nobody knows then what it was. */
export function readSession(file: string): Session | null {
  return existsSync(file) ? sessionSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}

export function keepSession(file: string, session: Session): void {
  writeFileWhole(file, `${JSON.stringify(session)}\n`, { flush: true });
}
