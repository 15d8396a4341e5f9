// Private keys at rest: AES-256-GCM under the master key, bound to their organization and id. Pure.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** nonce ‖ tag ‖ ciphertext. */
export function sealPrivateKey(
  masterKey: Buffer,
  owner: { organizationId: string; keyId: string },
  privateKey: string,
): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: tagBytes }).setAAD(
    additionalData(owner),
  );
  const ciphertext = Buffer.concat([cipher.update(privateKey, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** Throws when the master key is another one, or the row was altered or moved to another organization or id. */
export function openPrivateKey(
  masterKey: Buffer,
  owner: { organizationId: string; keyId: string },
  sealed: Buffer,
): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', masterKey, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(additionalData(owner))
      .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error(
      `The key ${owner.keyId} can't be opened: MASTER_KEY is not the one it was sealed with, or the row was altered.`,
      { cause },
    );
  }
}

function additionalData(owner: { organizationId: string; keyId: string }): Buffer {
  return Buffer.from(`sena-dispatch-key-v1\n${owner.organizationId}\n${owner.keyId}`);
}
