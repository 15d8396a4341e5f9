// Entered by enrol (makes the key once) and by the tunnel (proves who this is). The private key never leaves this machine:
// it is written here, mode 0600, and read here.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { exportPrivateKey, generateKeyPair, importPrivateKey, type KeyPair } from '@sena/envelope/dispatch-key';
import { OperatorError } from './operator-error.ts';
import { flushDirectory, type StateFiles, writeFileWhole } from './state-directory.ts';

export type Identity = KeyPair;

export function createIdentity(file: string): Identity {
  if (existsSync(file)) return loadIdentity(file);
  const pair = generateKeyPair();
  writeFileWhole(file, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), { flush: true });
  return pair;
}

/** The next key has taken the former one's place, which is gone: the cloud refuses that already. On disk when this returns. */
export function promoteIdentity(state: StateFiles): void {
  renameSync(state.nextIdentityKey, state.identityKey);
  flushDirectory(dirname(state.identityKey));
}

/** Throws `OperatorError` when the key is missing, readable by others or not Ed25519. */
export function loadIdentity(file: string): Identity {
  if (!existsSync(file)) throw new OperatorError(`The identity key ${file} is gone. Enrol this satellite again.`);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new OperatorError(`Others can read the identity key ${file}. Run: chmod 600 ${file}`);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(file, 'utf8'));
    return importPrivateKey(exportPrivateKey(key));
  } catch {
    // No cause: it could quote the file.
    throw new OperatorError(`${file} is not an Ed25519 private key. Restore it, or enrol this satellite again.`);
  }
}
