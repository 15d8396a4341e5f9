// Entered by the SSH pool for each new connection: opens what an envelope only names. What it returns never reaches a log.
import { readFileSync, statSync } from 'node:fs';
import type { Credential } from './satellite-config.ts';

export type OpenedCredential =
  | { kind: 'private_key'; privateKey: Buffer }
  | { kind: 'agent'; socket: string }
  | { kind: 'missing'; detail: string };

/** `environment`: of this process, as it was started. */
export function readCredential(
  credentials: Readonly<Record<string, Credential>>,
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): OpenedCredential {
  const credential = Object.hasOwn(credentials, name) ? credentials[name] : undefined;
  if (credential === undefined) {
    return missing(`The satellite has no credential "${name}". Add it under "credentials" in its configuration.`);
  }
  if ('agent' in credential) return { kind: 'agent', socket: credential.agent };
  if ('privateKeyVariable' in credential) {
    const variable = credential.privateKeyVariable;
    const key = environment[variable];
    if (key === undefined || key === '')
      return missing(
        `The environment of the satellite has no ${variable}, in which the key of credential "${name}" should be. Set it and start the satellite again.`,
      );
    return { kind: 'private_key', privateKey: Buffer.from(key) };
  }
  const file = credential.privateKeyFile;
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      return missing(`Others can read the key of credential "${name}". Run on the satellite: chmod 600 ${file}`);
    }
    return { kind: 'private_key', privateKey: readFileSync(file) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return missing(`The key file of credential "${name}" can't be read on the satellite (${code}: ${file}).`);
  }
}

function missing(detail: string): OpenedCredential {
  return { kind: 'missing', detail };
}
