// A passkey without a device, for tests that need many assertions, wrong ones above all. Chromium's virtual authenticator is for those
// that show the whole way. Touches nothing.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type SoftwareAssertion = {
  credentialId: string;
  authenticatorData: string;
  clientDataJSON: string;
  signature: string;
};

export type SoftwarePasskey = {
  readonly credentialId: string;
  /** COSE, base64url: as a registration gives it. */
  readonly publicKey: string;
  /** Signs a challenge (base64url) as a browser on `origin` would; `said` changes what is signed, before it is. */
  assert(challenge: string, said?: Partial<Said>): SoftwareAssertion;
};

type Said = {
  type: string;
  origin: string;
  crossOrigin: boolean;
  rpId: string;
  /** Bit 0: somebody is there; bit 2: and the device knows that it is its owner. */
  flags: number;
  signCount: number;
};

/** ES256, as most devices have it. */
export function createSoftwarePasskey({ rpId, origin }: { rpId: string; origin: string }): SoftwarePasskey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(32).toString('base64url');
  return {
    credentialId,
    publicKey: encodeCose(publicKey).toString('base64url'),
    assert(challenge, changes = {}) {
      const said: Said = {
        ...{ type: 'webauthn.get', origin, crossOrigin: false, rpId, flags: 0b101, signCount: 0 },
        ...changes,
      };
      const { type, crossOrigin } = said;
      const clientData = Buffer.from(JSON.stringify({ type, challenge, origin: said.origin, crossOrigin }));
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(said.signCount);
      const authenticatorData = Buffer.concat([sha256(Buffer.from(said.rpId)), Buffer.from([said.flags]), counter]);
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), privateKey);
      return {
        credentialId,
        authenticatorData: authenticatorData.toString('base64url'),
        clientDataJSON: clientData.toString('base64url'),
        signature: signature.toString('base64url'),
      };
    },
  };
}

/** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} in CBOR. */
function encodeCose(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('not a key on a curve');
  return Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
