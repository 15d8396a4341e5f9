// Ways in which a superuser writes down that Adam has agreed, without him: his key is in his device, and what it has signed once is known. Pure but
// for the API, which two of them ask.
import { randomBytes } from 'node:crypto';
import { actionChallenge } from '@sena/envelope/action-digest';
import type { SoftwareAssertion } from '@sena/testing/software-passkey';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import type { Draft } from './draft.ts';
import type { Stage } from './open-stage.ts';

export interface ConsentContext {
  readonly stage: Stage;
  /** What Adam has signed for a change that ran. */
  readonly spent: SoftwareAssertion;
  readonly random: SeededRandom;
}

export interface ForgedConsent {
  readonly name: string;
  forge(draft: Draft, context: ConsentContext): void;
}

const adams = ({ stage }: ConsentContext) => `member:${stage.adam.id}`;
const byAdam = (context: ConsentContext, assertion: object | null) => [{ decidedBy: adams(context), assertion }];

/** What Adam's device would sign if another page, or another question, were put before him. */
function asked(draft: Draft, { stage, random }: ConsentContext): SoftwareAssertion {
  const challenge = actionChallenge(draft.actionDigest);
  const { passkey } = stage.adam;
  return random.pick<() => SoftwareAssertion>([
    () => passkey.assert(randomBytes(32).toString('base64url')),
    () => passkey.assert(actionChallenge(`sha256:${randomBytes(32).toString('hex')}`)),
    () => passkey.assert(Buffer.from(draft.actionDigest).toString('base64url')),
    () => passkey.assert(challenge, { origin: 'http://localhost:4700' }),
    () => passkey.assert(challenge, { origin: 'https://sena.example' }),
    () => passkey.assert(challenge, { rpId: 'sena.example' }),
    () => passkey.assert(challenge, { type: 'webauthn.create' }),
    () => passkey.assert(challenge, { crossOrigin: true }),
    // Nobody was there, or the device did not know who.
    () => passkey.assert(challenge, { flags: 0b000 }),
    () => passkey.assert(challenge, { flags: 0b001 }),
  ])();
}

function flipped(text: string, random: SeededRandom): string {
  const bytes = Buffer.from(text, 'base64url');
  const at = random.between(0, bytes.length - 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7));
  return bytes.toString('base64url');
}

export const forgedConsents: readonly ForgedConsent[] = [
  {
    name: 'without a passkey',
    forge: (draft, context) => {
      draft.decisions = byAdam(context, null);
    },
  },
  {
    name: 'with a passkey of their own',
    forge: (draft, context) => {
      const { passkey } = context.stage.eve;
      draft.decisions = byAdam(context, passkey.assert(actionChallenge(draft.actionDigest)));
    },
  },
  {
    name: 'with a passkey of their own under the id of Adam’s',
    forge: (draft, context) => {
      const { adam, eve } = context.stage;
      const assertion = eve.passkey.assert(actionChallenge(draft.actionDigest));
      draft.decisions = byAdam(context, { ...assertion, credentialId: adam.passkey.credentialId });
    },
  },
  {
    name: 'with what Adam signed for another change',
    forge: (draft, context) => {
      draft.decisions = byAdam(context, context.spent);
    },
  },
  {
    name: 'with parts of what Adam signed for another change',
    forge: (draft, context) => {
      const own = context.stage.eve.passkey.assert(actionChallenge(draft.actionDigest));
      const { spent, random } = context;
      draft.decisions = byAdam(
        context,
        random.pick([
          { ...own, credentialId: spent.credentialId, signature: spent.signature },
          { ...spent, clientDataJSON: own.clientDataJSON },
          { ...spent, clientDataJSON: own.clientDataJSON, authenticatorData: own.authenticatorData },
          { ...own, credentialId: spent.credentialId, authenticatorData: spent.authenticatorData },
        ]),
      );
    },
  },
  {
    name: 'with what Adam signed, a bit of it another',
    forge: (draft, context) => {
      const { random, stage } = context;
      const assertion = stage.adam.passkey.assert(actionChallenge(draft.actionDigest));
      const part = random.pick(['authenticatorData', 'clientDataJSON', 'signature'] as const);
      draft.decisions = byAdam(context, { ...assertion, [part]: flipped(assertion[part], random) });
    },
  },
  {
    name: 'with what Adam’s device signs for another question or page',
    forge: (draft, context) => {
      draft.decisions = byAdam(context, asked(draft, context));
    },
  },
  {
    name: 'by several, none of whom is Adam',
    forge: (draft, context) => {
      const { eve } = context.stage;
      const assertion = eve.passkey.assert(actionChallenge(draft.actionDigest));
      draft.decisions = [
        { decidedBy: adams(context), assertion: null },
        { decidedBy: `member:${eve.id}`, assertion },
      ];
    },
  },
  {
    name: 'with what Adam did sign, in the name of another',
    forge: (draft, context) => {
      const { adam, eve } = context.stage;
      const assertion = adam.passkey.assert(actionChallenge(draft.actionDigest));
      draft.decisions = [{ decidedBy: `member:${eve.id}`, assertion }];
    },
  },
  {
    name: 'with something that is no assertion',
    forge: (draft, context) => {
      const { random, stage } = context;
      const { credentialId } = stage.adam.passkey;
      draft.decisions = byAdam(
        context,
        random.pick<object>([
          {},
          { credentialId, authenticatorData: 'AAAA', clientDataJSON: 'e30', signature: 'AA' },
          { ...context.spent, verified: true },
          { ...context.spent, challenge: actionChallenge(draft.actionDigest) },
        ]),
      );
    },
  },
];
