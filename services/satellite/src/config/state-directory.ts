// Entered by every command: where the satellite keeps what it must not lose. Creates the directory, mode 0700.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from './operator-error.ts';

export type StateFiles = {
  directory: string;
  identityKey: string;
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
    enrolment: file('enrolment.json'),
    journal: file('journal.db'),
    lock: file('lock.db'),
    status: file('status.json'),
    witnessed: file('checkpoint.json'),
    refusedCheckpoint: file('checkpoint-refused.json'),
  };
}

/** The file has either its old or its new content, never a part; mode 0600. `flush`: on disk when this returns. */
export function writeFileWhole(file: string, text: string, { flush }: { flush: boolean }): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode: 0o600, flush });
  renameSync(draft, file);
}
