// Entered once at start-up: does ssh2 have its native binding? Without it everything works, at up to twice the CPU.
import { createRequire } from 'node:module';

/** ssh2 loads the binding silently or not at all, so its own answer is the only one that counts. */
export function isNativeCryptoLoaded(): boolean {
  try {
    const require = createRequire(import.meta.url);
    const { bindingAvailable } = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable?: unknown };
    return bindingAvailable === true;
  } catch {
    return false;
  }
}
