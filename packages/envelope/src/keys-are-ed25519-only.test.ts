import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exportPrivateKey, fingerprintOf, generateKeyPair, importPrivateKey, importPublicKey } from './dispatch-key.ts';

describe('dispatch keys', () => {
  it('come back from their text with the same fingerprint', () => {
    const pair = generateKeyPair();
    const again = importPrivateKey(exportPrivateKey(pair.privateKey));
    expect(again.fingerprint).toBe(pair.fingerprint);
    expect(importPublicKey(pair.publicKeySpki).equals(pair.publicKey)).toBe(true);
    expect(fingerprintOf(pair.publicKeySpki)).toBe(pair.fingerprint);
    expect(pair.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  it('are refused when they are of another kind', () => {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    expect(() => importPrivateKey(exportPrivateKey(privateKey))).toThrow('not an Ed25519 key');
    expect(() => importPublicKey(publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'))).toThrow();
  });

  it('have one spelling only', () => {
    const { publicKeySpki } = generateKeyPair();
    expect(() => importPublicKey(`${publicKeySpki}=`)).toThrow();
    expect(() => importPublicKey(` ${publicKeySpki}`)).toThrow();
  });

  it('never show a private key in an error', () => {
    const text = exportPrivateKey(generateKeyPair().privateKey);
    expect(() => importPrivateKey(text.slice(0, -8))).toThrow(/^((?!MC4C).)*$/);
  });
});
