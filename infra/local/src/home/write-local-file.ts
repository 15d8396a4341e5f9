// Tells scripts on this machine how to reach the running SENA. Entered by main.ts when everything is up.
// Writes .sena/local.json, readable by its owner alone.
import { renameSync, writeFileSync } from 'node:fs';

export type LocalFile = {
  /** Where browsers go: SENA_PUBLIC_URL, or this machine. */
  consoleUrl: string;
  /** On this machine, past whatever stands in front. */
  apiUrl: string;
  email: string;
  password: string;
  apiKey: string;
  /** A second member, because nobody approves their own request. */
  approver: { email: string; password: string; apiKey: string };
};

export function writeLocalFile(file: string, content: LocalFile): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
