// Entered by enroll and run, before anything is begun that slow or broken SSH would spoil, and by status, which tells the same. Reads nothing
// but what ssh2 has loaded.
import { OperatorError } from '../config/operator-error.ts';
import { checkNativeCrypto, type NativeCrypto } from './native-crypto.ts';

const howToBuild =
  'Install g++, make and python3, delete node_modules/.sena and start again: then it is built for this Node.';

/** Throws `OperatorError` where SSH would fail, or be slow without anybody having said yes to it. */
export function requireNativeCrypto(isRequired: boolean, crypto: NativeCrypto = checkNativeCrypto()): NativeCrypto {
  if (crypto.kind === 'broken') throw new OperatorError(cryptoComplaint(crypto));
  if (crypto.kind === 'missing' && isRequired)
    throw new OperatorError(
      `${cryptoComplaint(crypto)} Or say in the configuration that it may be slow: "nativeCryptoRequired": false.`,
    );
  return crypto;
}

/** What is wrong and what to do, in sentences. Of one that works there is nothing to say. */
export function cryptoComplaint(crypto: NativeCrypto): string {
  switch (crypto.kind) {
    case 'works':
      return '';
    case 'missing':
      return `ssh2's native cryptography is not there: SSH costs up to twice the CPU, large outputs four times. ${howToBuild}`;
    case 'broken':
      return `ssh2's native cryptography computes wrongly (${crypto.detail}): no node could be trusted with it. Rebuild it. ${howToBuild}`;
  }
}
