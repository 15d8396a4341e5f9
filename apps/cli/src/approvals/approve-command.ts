// `sena approve`: the action as it really is, its digest computed on this machine, and a passkey's signature over that. A server that says
// something else than it gave is told, and nothing is signed. Exit code 0: approved; 1: it was not; 2: it could not be found out.
import { createInterface } from 'node:readline/promises';
import { passkeyAssertionSchema } from '@sena/contracts/envelope';
import { actionChallenge, actionDigest } from '@sena/envelope/action-digest';
import { createClient } from '@sena/sdk/create-client';
import { takeData } from '@sena/sdk/take-data';
import { defineCommand, type ParsedArgs } from 'citty';
import { apiOptions, findApi } from '../find-api.ts';
import { OperatorError, reportToOperator } from '../report-to-operator.ts';
import { describeAction } from './describe-action.ts';
import { defaultPort, rpId } from './passkey-page.ts';
import { servePage, type Taken } from './serve-page.ts';

const declared = {
  ...apiOptions,
  id: { type: 'positional', required: true, description: 'The approval, appr_…' },
  port: { type: 'string', description: `Of the page on localhost; ${defaultPort} unless told. Satellites list it` },
} as const;
type Args = ParsedArgs<typeof declared>;

export function createApproveCommand(environment: Record<string, string | undefined>) {
  return defineCommand({
    meta: { name: 'approve', description: 'Look at what is to be approved, and approve it with your passkey' },
    args: declared,
    run: reportToOperator(async ({ args }: { args: Args }) => {
      const client = createClient(findApi(args, environment));
      const port = readPort(args.port);
      const path = { id: args.id };
      const offered = await takeData(client.GET('/v1/approvals/{id}/action', { params: { path } }));
      const { action, actionDigest: claimed, status, mayDecide, requestedBy } = offered;
      if (action === null)
        throw new OperatorError(
          'What is stored for this approval is no action. Nothing was signed; tell an administrator.',
        );
      const digest = actionDigest(action);
      console.log(`${describeAction(action)}\n\nDigest        ${digest} (computed here)\n`);
      if (digest !== claimed) return refuseLie(digest, claimed);
      if (status !== 'pending') throw new OperatorError(`It is ${status} already. Nothing was signed.`);
      if (!mayDecide)
        throw new OperatorError(
          `You may not decide about it: ${JSON.stringify(requestedBy.name)} asked, and your role or your own request is in the way.`,
        );
      if (!(await agrees())) {
        console.log('Nothing was signed, and the approval stays open.');
        process.exitCode = 1;
        return;
      }

      const challenge = actionChallenge(digest);
      const approved = await servePage({
        port,
        page: {
          title: 'Approve with your passkey',
          text: `${describeAction(action)}\n\nDigest        ${digest}`,
          button: 'Sign with passkey',
          ask: { kind: 'get', publicKey: { challenge, rpId, userVerification: 'required', timeout: 300_000 } },
        },
        ready: (url) => console.log(`Open this in a browser on this machine, and sign there:\n  ${url}`),
        async take(answer): Promise<Taken<string>> {
          const assertion = readAssertion(answer, challenge);
          if (assertion === null) return { kind: 'again', words: 'That was no signature over this action. Try again.' };
          const body = { decision: 'approve', actionDigest: digest, assertion } as const;
          const decided = await takeData(client.POST('/v1/approvals/{id}/decision', { params: { path }, body }));
          return { kind: 'done', result: decided.status, words: 'Signed. You can close this page.' };
        },
      });
      console.log(approved === 'approved' ? '✔ Approved.' : `✔ Your approval is recorded; it is ${approved}.`);
    }),
  });
}

function refuseLie(digest: string, claimed: string): void {
  console.error(
    '✘ THE SERVER SAYS SOMETHING ELSE THAN IT GAVE. NOTHING WAS SIGNED.\n' +
      `  It says  ${JSON.stringify(claimed)}\n  It is    ${digest}\n` +
      '  Somebody may want you to approve what you do not see. Approve nothing there until an administrator has looked.',
  );
  process.exitCode = 1;
}

async function agrees(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question('Approve exactly this? Type yes: '), closed]);
  terminal.close();
  return answer.trim().toLowerCase() === 'yes';
}

/** null: it is not what was asked for. */
function readAssertion(answer: unknown, challenge: string) {
  const { id: credentialId, ...parts } = answer as Record<string, unknown>;
  const parsed = passkeyAssertionSchema.safeParse({ credentialId, ...parts });
  if (!parsed.success) return null;
  try {
    const said = JSON.parse(Buffer.from(parsed.data.clientDataJSON, 'base64url').toString('utf8')) as {
      challenge?: unknown;
    };
    return said.challenge === challenge ? parsed.data : null;
  } catch {
    return null;
  }
}

export function readPort(text: string | undefined): number {
  const port = text === undefined ? defaultPort : Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new OperatorError('--port: a number from 1 to 65535.');
  return port;
}
