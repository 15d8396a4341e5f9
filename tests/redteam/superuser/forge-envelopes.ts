// A superuser writes what the signer writes: envelopes signed by themselves or by nobody, of something else, or altered. Entered by plan-rounds.
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { newId } from '@sena/contracts/ids';
import { actionChallenge, hashAction } from '@sena/envelope/action-digest';
import { signEnvelope } from '@sena/envelope/sign-envelope';
import { mutateBytes } from '../../fuzz/mutate/mutate-bytes.ts';
import { mutateValue } from '../../fuzz/mutate/mutate-value.ts';
import type { Draft } from './draft.ts';
import type { Stage } from './open-stage.ts';
import type { Technique, TechniqueContext } from './technique.ts';

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** By a key of their own, as the signer would say it. */
async function selfSigned(
  draft: Draft,
  { stage }: TechniqueContext,
  { keyId, privateKey }: { keyId: string; privateKey: KeyObject },
): Promise<{ keyId: string; jws: string }> {
  return { keyId, jws: await signEnvelope(envelopeOf(draft, stage), { keyId, privateKey }) };
}

function envelopeOf({ dispatch, nodes, actionDigest, action, asked }: Draft, { adam }: Stage): DispatchEnvelope {
  const { id: dispatchId, approvalId: _, ...rest } = dispatch;
  const challenge = actionChallenge(actionDigest);
  return {
    ...{ v: 1, dispatchId, nonce: randomBytes(18).toString('base64url'), traceparent: null },
    ...(rest as Pick<DispatchEnvelope, keyof typeof rest & keyof DispatchEnvelope>),
    nodes,
    approvals: [
      {
        ...{ approvalId: asked.approvalId, actionDigest, requestedBy: asked.requestedBy },
        ...{ decidedBy: `member:${adam.id}`, decidedAt: dispatch.notBefore },
        proof: hashAction(action).proofOf(dispatch.satelliteId),
        // Even so: Adam's consent is not what the key's signature is for.
        assertion: adam.passkey.assert(challenge),
      },
    ],
  };
}

const ownKey = () => generateKeyPairSync('ed25519').privateKey;

export const envelopeForgeries: readonly Technique[] = [
  {
    name: 'signed by themselves, in the name of the organization’s key',
    weight: 3,
    consent: 'none',
    async forge(draft, context) {
      const { keyId } = context.spent;
      draft.envelope = await selfSigned(draft, context, { keyId, privateKey: ownKey() });
    },
  },
  {
    name: 'signed by themselves, with a key that they put among the organization’s',
    weight: 3,
    consent: 'none',
    async forge(draft, context) {
      const { superuser, organizationId } = context.stage;
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const keyId = newId('dkey');
      draft.envelope = await selfSigned(draft, context, { keyId, privateKey });
      draft.more.push(() =>
        // Retired, so that the signer does not look for its private half.
        superuser.query(
          `insert into dispatch_keys (id, organization_id, public_key, fingerprint, sequence, retired_at) values ($1, $2, $3, $1, 1, now())`,
          [keyId, organizationId, publicKey.export({ type: 'spki', format: 'der' }).toString('base64url')],
        ),
      );
    },
  },
  {
    name: 'signed by nobody, or with the public key as a secret',
    weight: 3,
    consent: 'none',
    forge(draft, { stage, spent, random }) {
      const { keyId: kid } = spent;
      const typ = 'sena-dispatch+jws';
      const payload = base64url(envelopeOf(draft, stage));
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const signedWith = (header: object) => {
        const text = `${base64url(header)}.${payload}`;
        return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
      };
      const jws = random.pick([
        () => `${base64url({ alg: 'none', typ, kid })}.${payload}.`,
        () => `${base64url({ alg: 'EdDSA', typ, kid })}.${payload}.${spent.jws.split('.')[2]}`,
        () => {
          const text = `${base64url({ alg: 'HS256', typ, kid })}.${payload}`;
          return `${text}.${createHmac('sha256', kid).update(text).digest('base64url')}`;
        },
        () => signedWith({ alg: 'EdDSA', typ, kid, jwk: publicKey.export({ format: 'jwk' }) }),
        () => signedWith({ alg: 'EdDSA', typ, kid: 'dkey_forged' }),
        () => signedWith({ alg: 'EdDSA', typ: 'sena-inquiry+jws', kid }),
      ])();
      draft.envelope = { keyId: kid, jws };
    },
  },
  {
    name: 'another change’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { spent }) {
      draft.envelope = spent;
    },
  },
  {
    name: 'another satellite’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { ofAbsent }) {
      draft.envelope = ofAbsent;
    },
  },
  {
    name: 'another organization’s envelope',
    weight: 2,
    consent: 'none',
    forge(draft, { ofEve }) {
      draft.envelope = ofEve;
    },
  },
  {
    name: 'another change’s envelope, altered',
    weight: 4,
    consent: 'none',
    forge(draft, { spent, forged, random }) {
      const [header = '', payload = '', signature = ''] = spent.jws.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const altered = random.pick([
        () => base64url({ ...claims, dispatchId: draft.dispatch.id }),
        () => base64url({ ...claims, dispatchId: draft.dispatch.id, command: forged }),
        () => base64url({ ...claims, dispatchId: draft.dispatch.id, assignmentEpoch: claims.assignmentEpoch + 1 }),
        () => base64url({ ...claims, expiresAt: inMs(3_600_000), nonce: randomBytes(18).toString('base64url') }),
        () => base64url(mutateValue(claims, random)),
        () => mutateBytes(Buffer.from(payload, 'base64url'), Buffer.from(header), random).toString('base64url'),
      ])();
      draft.envelope = { keyId: spent.keyId, jws: `${header}.${altered}.${signature}` };
    },
  },
];
