// What the satellite offers to nodes. Strong ones only: no SHA-1, no CBC, no 1024-bit groups, no compression.
import type { Algorithms } from 'ssh2';

const serverHostKey = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** `pinnedTypes`: key types this site knows of the node, so that the node shows one of those. Empty: any strong one. */
export function algorithmsFor(pinnedTypes: ReadonlySet<string>): Algorithms {
  const offered = serverHostKey.filter((name) => pinnedTypes.size === 0 || pinnedTypes.has(keyTypeOf(name)));
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group-exchange-sha256',
    ],
    serverHostKey: offered.length === 0 ? [...serverHostKey] : offered,
    // AES-GCM first: it runs on the processor's own instructions.
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'chacha20-poly1305@openssh.com',
      'aes128-ctr',
      'aes192-ctr',
      'aes256-ctr',
    ],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
}

/** The type inside a key, for a signature algorithm: RSA keys have several. */
function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}
