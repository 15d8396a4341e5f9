// Entered at start-up: does ssh2 have its native binding, and does it compute what it should? Without it SSH costs up to twice
// the CPU, for large outputs four times; built against another OpenSSL than Node's, chacha20 fails on every node that wants it.
import { createRequire } from 'node:module';

export type NativeCrypto =
  | { readonly kind: 'works' }
  /** ssh2 says nothing when it does not load: it was never built, or for another Node. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly detail: string };

/** The part of ssh2's own cryptography that is asked. */
export interface SshCrypto {
  readonly bindingAvailable: boolean;
  readonly CIPHER_INFO: Readonly<Record<string, object>>;
  createCipher(config: object): { allocPacket(bytes: number): Buffer; encrypt(packet: Buffer): void; free(): void };
  createDecipher(config: object): { decrypt(data: Buffer, from: number, to: number): unknown; free(): void };
}

const cipherName = 'chacha20-poly1305@openssh.com';
const keyBytes = 64;

/** ssh2 decides by itself whether it uses the binding, so its own answers are the only ones that count. */
export function checkNativeCrypto(crypto: SshCrypto = loadSshCrypto()): NativeCrypto {
  if (!crypto.bindingAvailable) return { kind: 'missing' };
  try {
    const sent = Buffer.from('what goes in comes out');
    const received = passThrough(crypto, sent);
    if (received?.equals(sent) === true) return { kind: 'works' };
    return { kind: 'broken', detail: 'chacha20-poly1305 does not give back what it was given' };
  } catch (error) {
    return { kind: 'broken', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** One packet through chacha20-poly1305 and back, as a connection does it. */
function passThrough(crypto: SshCrypto, payload: Buffer): Buffer | null {
  const key = Buffer.alloc(keyBytes, 7);
  const cipher = crypto.CIPHER_INFO[cipherName];
  const wire: Buffer[] = [];
  let received: Buffer | null = null;
  const outbound = {
    seqno: 0,
    cipherInfo: cipher,
    cipherKey: key,
    onWrite: (data: Buffer) => wire.push(Buffer.from(data)),
  };
  const onPayload = (data: Buffer) => {
    received = Buffer.from(data);
  };
  const inbound = { seqno: 0, decipherInfo: cipher, decipherKey: key, onPayload };
  const encrypting = crypto.createCipher({ outbound });
  const decrypting = crypto.createDecipher({ inbound });
  try {
    const packet = encrypting.allocPacket(payload.length);
    payload.copy(packet, 5);
    encrypting.encrypt(packet);
    const encrypted = Buffer.concat(wire);
    decrypting.decrypt(encrypted, 0, encrypted.length);
  } finally {
    // What is not freed ends the process badly when it ends.
    encrypting.free();
    decrypting.free();
  }
  return received;
}

function loadSshCrypto(): SshCrypto {
  return createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as SshCrypto;
}
