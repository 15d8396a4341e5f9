import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHelloChallenge, signHello } from './hello-signature.ts';

function satellite() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'), privateKey };
}

describe('a hello', () => {
  const { publicKey, privateKey } = satellite();

  it('is accepted once', async () => {
    const challenge = createHelloChallenge('relay-1');
    const signature = signHello(challenge.nonce, 'relay-1', publicKey, privateKey);
    expect(await challenge.accepts({ publicKey, signature })).toBe(true);
    expect(await challenge.accepts({ publicKey, signature })).toBe(false);
  });

  it('recorded on one connection is refused on the next', async () => {
    const recorded = signHello(createHelloChallenge('relay-1').nonce, 'relay-1', publicKey, privateKey);
    expect(await createHelloChallenge('relay-1').accepts({ publicKey, signature: recorded })).toBe(false);
  });

  it('made for one relay is refused by another, though the nonce is passed on', async () => {
    const challenge = createHelloChallenge('relay-1');
    const signature = signHello(challenge.nonce, 'relay-2', publicKey, privateKey);
    expect(await challenge.accepts({ publicKey, signature })).toBe(false);
  });

  it('signed by another key is refused, and a wrong try uses the nonce up', async () => {
    const challenge = createHelloChallenge('relay-1');
    const wrong = signHello(challenge.nonce, 'relay-1', publicKey, satellite().privateKey);
    expect(await challenge.accepts({ publicKey, signature: wrong })).toBe(false);
    const right = signHello(challenge.nonce, 'relay-1', publicKey, privateKey);
    expect(await challenge.accepts({ publicKey, signature: right })).toBe(false);
  });

  it.each([
    ['', ''],
    ['AAAA', 'AAAA'],
    [publicKey, ''],
    [publicKey, 'A'.repeat(86)],
  ])('that is nonsense (%#) is refused', async (key, signature) => {
    expect(await createHelloChallenge('relay-1').accepts({ publicKey: key, signature })).toBe(false);
  });

  it('with a key that is no point of the curve is refused, and nothing is thrown', async () => {
    const spki = (bytes: Buffer) => Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), bytes]);
    for (const bytes of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.alloc(32, 2)]) {
      const hello = {
        publicKey: spki(bytes).toString('base64url'),
        signature: Buffer.alloc(64, 7).toString('base64url'),
      };
      expect(await createHelloChallenge('relay-1').accepts(hello)).toBe(false);
    }
  });

  it('spelled in another way is refused: revocation looks the text up', async () => {
    const challenge = createHelloChallenge('relay-1');
    const respelled = `${publicKey}=`;
    const signature = signHello(challenge.nonce, 'relay-1', respelled, privateKey);
    expect(await challenge.accepts({ publicKey: respelled, signature })).toBe(false);
  });
});
