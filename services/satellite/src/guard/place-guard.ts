// Entered before a change is started: can this node hold a guard, where, and under which boot? Asked once a connection: no
// connection survives a reboot.
import { randomBytes } from 'node:crypto';
import type { SshConnection } from '../ssh/open-ssh-connection.ts';
import { runScript } from '../ssh/run-script.ts';
import { placeText } from './guard-texts.ts';

export type GuardPlace =
  | { kind: 'placed'; directory: string; bootId: string }
  /** The plain rule holds on this node; `why` completes "this node can't hold a guard: …". */
  | { kind: 'unplaceable'; why: string }
  | { kind: 'disk_full'; detail: string }
  /** The node gave no channel to ask through. */
  | { kind: 'refused'; detail: string }
  /** The connection gave no answer. */
  | { kind: 'lost'; detail: string };

const answerTimeoutMs = 15_000;
const places = new WeakMap<SshConnection, Promise<GuardPlace>>();

export function placeGuard(connection: SshConnection, user: string): Promise<GuardPlace> {
  const known = places.get(connection);
  if (known !== undefined) return known;
  const asked = askForPlace(connection, user);
  places.set(connection, asked);
  asked.then((place) => {
    // Anything else may be otherwise next time.
    if (place.kind !== 'placed' && place.kind !== 'unplaceable') places.delete(connection);
  });
  return asked;
}

async function askForPlace(connection: SshConnection, user: string): Promise<GuardPlace> {
  const mark = randomBytes(12).toString('hex');
  const end = await runScript(connection, placeText(user, mark), mark, null, answerTimeoutMs).ended;
  switch (end.kind) {
    case 'answered': {
      const [what, ...words] = end.words;
      if (what === 'placed' && words.length === 2) {
        return { kind: 'placed', bootId: words[0] as string, directory: words[1] as string };
      }
      if (what === 'full') return { kind: 'disk_full', detail: words.join(' ') };
      return {
        kind: 'unplaceable',
        why: what === 'unplaceable' ? words.join(' ').slice(0, 200) : 'it is not understood',
      };
    }
    case 'not_sent':
      return { kind: 'lost', detail: end.detail };
    case 'lost':
      // A shell that is none closes without a word; a broken connection is tried again.
      return connection.isClosed()
        ? { kind: 'lost', detail: end.detail }
        : { kind: 'unplaceable', why: 'its shell does not run POSIX sh scripts' };
    case 'refused':
      return { kind: 'refused', detail: end.detail };
  }
}
