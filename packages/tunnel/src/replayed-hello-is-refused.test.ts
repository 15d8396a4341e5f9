import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHelloChallenge, signHello } from './hello-signature.ts';

function satellite() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'), privateKey };
}

describe('a hello', () => {
  const { publicKey, privateKey } = satellite();

  it('is accepted once', () => {
    const challenge = createHelloChallenge('relay-1');
    const signature = signHello(challenge.nonce, 'relay-1', publicKey, privateKey);
    expect(challenge.accepts({ publicKey, signature })).toBe(true);
    expect(challenge.accepts({ publicKey, signature })).toBe(false);
  });

  it('recorded on one connection is refused on the next', () => {
    const recorded = signHello(createHelloChallenge('relay-1').nonce, 'relay-1', publicKey, privateKey);
    expect(createHelloChallenge('relay-1').accepts({ publicKey, signature: recorded })).toBe(false);
  });

  it('made for one relay is refused by another, though the nonce is passed on', () => {
    const challenge = createHelloChallenge('relay-1');
    const signature = signHello(challenge.nonce, 'relay-2', publicKey, privateKey);
    expect(challenge.accepts({ publicKey, signature })).toBe(false);
  });

  it('signed by another key is refused, and a wrong try uses the nonce up', () => {
    const challenge = createHelloChallenge('relay-1');
    const wrong = signHello(challenge.nonce, 'relay-1', publicKey, satellite().privateKey);
    expect(challenge.accepts({ publicKey, signature: wrong })).toBe(false);
    const right = signHello(challenge.nonce, 'relay-1', publicKey, privateKey);
    expect(challenge.accepts({ publicKey, signature: right })).toBe(false);
  });

  it.each([
    ['', ''],
    ['AAAA', 'AAAA'],
    [publicKey, ''],
    [publicKey, 'A'.repeat(86)],
  ])('that is nonsense (%#) is refused', (key, signature) => {
    expect(createHelloChallenge('relay-1').accepts({ publicKey: key, signature })).toBe(false);
  });

  it('spelled in another way is refused: revocation looks the text up', () => {
    const challenge = createHelloChallenge('relay-1');
    const respelled = `${publicKey}=`;
    const signature = signHello(challenge.nonce, 'relay-1', respelled, privateKey);
    expect(challenge.accepts({ publicKey: respelled, signature })).toBe(false);
  });
});
