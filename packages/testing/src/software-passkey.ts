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
  /** What a browser says of it when it was made for this challenge, as WebAuthn's JSON has it. */
  register(challenge: string): object;
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
  const cose = encodeCose(publicKey);
  return {
    credentialId,
    publicKey: cose.toString('base64url'),
    register(challenge) {
      const clientData = JSON.stringify({ type: 'webauthn.create', challenge, origin, crossOrigin: false });
      const id = Buffer.from(credentialId, 'base64url');
      const authData = Buffer.concat([
        sha256(Buffer.from(rpId)),
        // Somebody is there, is its owner, and a key follows; its count; no model; its id and key.
        Buffer.from([0b0100_0101, 0, 0, 0, 0]),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        cose,
      ]);
      // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
      const attestation = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([authData.length]),
        authData,
      ]);
      return {
        ...{ id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: Buffer.from(clientData).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
          transports: ['internal'],
        },
      };
    },
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
