// `sena passkey`: makes a passkey for `sena approve` on this machine, and prints the entry that lets a satellite believe it. SENA's cloud is
// asked who the approver is there, and told nothing.
import { randomBytes } from 'node:crypto';
import { verifyRegistration } from '@sena/envelope/verify-registration';
import { createClient } from '@sena/sdk/create-client';
import { takeData } from '@sena/sdk/take-data';
import { defineCommand, type ParsedArgs } from 'citty';
import { apiOptions, findApi } from '../find-api.ts';
import { reportToOperator } from '../report-to-operator.ts';
import { readPort } from './approve-command.ts';
import { defaultPort, originOf, rpId } from './passkey-page.ts';
import { servePage, type Taken } from './serve-page.ts';

const declared = {
  ...apiOptions,
  port: { type: 'string', description: `Of the page on localhost; ${defaultPort} unless told. Satellites list it` },
} as const;
type Args = ParsedArgs<typeof declared>;

/** ES256, EdDSA, RS256. */
const algorithms = [-7, -8, -257];

export function createPasskeyCommand(environment: Record<string, string | undefined>) {
  return defineCommand({
    meta: { name: 'passkey', description: 'Make a passkey for `sena approve`, and print its entry for a satellite' },
    args: declared,
    run: reportToOperator(async ({ args }: { args: Args }) => {
      const { user } = await takeData(createClient(findApi(args, environment)).GET('/v1/me'));
      const port = readPort(args.port);
      const origin = originOf(port);
      const challenge = randomBytes(32).toString('base64url');
      const publicKey = {
        challenge,
        rp: { id: rpId, name: 'SENA on this machine' },
        user: { id: Buffer.from(user.id).toString('base64url'), name: user.email, displayName: user.name },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: 300_000,
      };
      const entry = await servePage({
        port,
        page: {
          title: 'Make a passkey for sena approve',
          text: `For ${user.name} (${user.email}), on this machine.`,
          button: 'Make passkey',
          ask: { kind: 'create', publicKey },
        },
        ready: (url) => console.error(`Open this in a browser on this machine, and make the passkey there:\n  ${url}`),
        async take(answer): Promise<Taken<object>> {
          const verified = await verifyRegistration(answer, { challenge, origin, rpId });
          if (verified.kind === 'wrong') return { kind: 'again', words: `${verified.why} Try again.` };
          const { credentialId, publicKey: key } = verified;
          const listed = { name: user.name, member: user.id, rpId, origins: [origin], credentialId, publicKey: key };
          return { kind: 'done', result: listed, words: 'Made. The terminal says where its entry belongs.' };
        },
      });
      console.error(
        '\nGive this to who runs the satellite, on a way that you trust: it belongs into policy.passkeys.approvers of its file.\n',
      );
      console.log(JSON.stringify(entry, null, 2));
    }),
  });
}
