// Entered by every command: where the satellite keeps what it must not lose. Creates the directory, mode 0700.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from './operator-error.ts';

export type StateFiles = {
  directory: string;
  identityKey: string;
  /** The key that is to take its place, until the cloud has taken it. */
  nextIdentityKey: string;
  /** Which connection this directory has had last. */
  session: string;
  enrolment: string;
  journal: string;
  lock: string;
  status: string;
  /** The last checkpoint of the audit that this satellite has signed. */
  witnessed: string;
  /** What it was told instead, when that did not follow. */
  refusedCheckpoint: string;
};

export function openStateDirectory(directory: string): StateFiles {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new OperatorError(
      `The state directory ${directory} can't be made (${(cause as NodeJS.ErrnoException).code}). Create it for this user.`,
      { cause },
    );
  }
  const file = (name: string) => join(directory, name);
  return {
    directory,
    identityKey: file('identity.key'),
    nextIdentityKey: file('identity.next.key'),
    session: file('session.json'),
    enrolment: file('enrolment.json'),
    journal: file('journal.db'),
    lock: file('lock.db'),
    status: file('status.json'),
    witnessed: file('checkpoint.json'),
    refusedCheckpoint: file('checkpoint-refused.json'),
  };
}

/** The file has either its old or its new content, never a part; mode 0600. `flush`: on disk, under its name, when this returns. */
export function writeFileWhole(file: string, text: string, { flush }: { flush: boolean }): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600, flush });
  renameSync(draft, file);
  if (flush) flushDirectory(dirname(file));
}

/** Names in it are on disk too: a file that was written and renamed is forgotten by a power loss otherwise. */
export function flushDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
