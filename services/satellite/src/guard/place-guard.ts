// Entered before a change is started: can this node hold a guard, where, and under which boot? Asked once a connection: no
// connection survives a reboot.
import { bootIdSchema } from '@sena/contracts/frames';
import type { SshConnection } from '../ssh/open-ssh-connection.ts';
import { newMark, runScript } from '../ssh/run-script.ts';
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

const answerMsMax = 15_000;
const secondTryMs = 300;
const places = new WeakMap<SshConnection, Promise<GuardPlace>>();

/** `answerMs`: how long the node may take. */
export function placeGuard(connection: SshConnection, user: string, answerMs = answerMsMax): Promise<GuardPlace> {
  const known = places.get(connection);
  if (known !== undefined) return known;
  const asked = askForPlace(connection, user, answerMs);
  places.set(connection, asked);
  asked.then((place) => {
    // Anything else may be otherwise next time.
    if (place.kind !== 'placed' && place.kind !== 'unplaceable') places.delete(connection);
  });
  return asked;
}

/** The place that was found is there no more: it is looked for anew. */
export function placeGuardAgain(connection: SshConnection, user: string): Promise<GuardPlace> {
  places.delete(connection);
  return placeGuard(connection, user);
}

async function askForPlace(connection: SshConnection, user: string, answerMs: number): Promise<GuardPlace> {
  const first = await askOnce(connection, user, answerMs);
  if (first !== 'no answer') return first;
  // A connection that breaks closes its channels first. Only a second channel that ends so on one that lives is the shell's doing.
  await new Promise((resolve) => setTimeout(resolve, secondTryMs));
  const second = await askOnce(connection, user, answerMs);
  return second === 'no answer' ? { kind: 'unplaceable', why: 'its shell does not run POSIX sh scripts' } : second;
}

async function askOnce(connection: SshConnection, user: string, answerMs: number): Promise<GuardPlace | 'no answer'> {
  const mark = newMark();
  const end = await runScript(connection, placeText(user, mark), mark, null, answerMs).ended;
  switch (end.kind) {
    case 'answered': {
      const [what, ...words] = end.words;
      const [bootId, directory] = words;
      if (what === 'placed' && bootId !== undefined && directory !== undefined && words.length === 2) {
        // It is told to the relay, which takes nothing else for one.
        if (!bootIdSchema.safeParse(bootId).success) return { kind: 'unplaceable', why: 'its boot id is none' };
        return { kind: 'placed', bootId, directory };
      }
      if (what === 'full') return { kind: 'disk_full', detail: words.join(' ') };
      return {
        kind: 'unplaceable',
        why: what === 'unplaceable' ? words.join(' ').slice(0, 200) : 'it is not understood',
      };
    }
    case 'not_sent':
      return { kind: 'lost', detail: end.detail };
    // It takes 40 s until a dead line is known as one: silence says nothing of the shell behind it.
    case 'silent':
      return { kind: 'lost', detail: end.detail };
    case 'lost':
      return connection.isClosed() ? { kind: 'lost', detail: end.detail } : 'no answer';
    case 'refused':
      return { kind: 'refused', detail: end.detail };
  }
}
