// `sena keys`: the dispatch keys, whose signature satellites believe: which there are, the next one, and an end to an old one. A client of the
// API like any other; it holds no key.
import type { DispatchKeyList } from '@sena/contracts/http/fleet';
import { createClient } from '@sena/sdk/create-client';
import { takeData } from '@sena/sdk/take-data';
import { defineCommand, type ParsedArgs } from 'citty';
import { apiOptions, findApi } from '../find-api.ts';
import { OperatorError, reportToOperator } from '../report-to-operator.ts';

const pollMs = 500;
/** The signer looks every two seconds. */
const waitMs = 30_000;

const listArgs = { ...apiOptions, json: { type: 'boolean', description: 'For programs' } } as const;
const rotateArgs = { ...apiOptions, reason: { type: 'string', description: 'For the audit' } } as const;
const retireArgs = {
  ...rotateArgs,
  key: { type: 'positional', required: true, description: 'Id of the key, as sena keys list shows it' },
  force: {
    type: 'boolean',
    description: 'Although satellites have not learned a newer one: they do when they connect',
  },
} as const;

export function createKeysCommand(environment: Record<string, string | undefined>) {
  const clientFor = (args: Parameters<typeof findApi>[0]) => createClient(findApi(args, environment));
  type Client = ReturnType<typeof clientFor>;

  /** Until the signer has done what was asked. Throws what it refused. */
  async function settled(client: Client, requestId: string): Promise<DispatchKeyList> {
    for (const untilMs = Date.now() + waitMs; Date.now() < untilMs; ) {
      const list = await takeData(client.GET('/v1/dispatch-keys'));
      const request = list.requests.find(({ id }) => id === requestId);
      if (request === undefined) return list;
      if (request.refusal !== null) throw new OperatorError(request.refusal);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new OperatorError(
      'The signer has not done it yet. Is it running? It will when it is; look with sena keys list.',
    );
  }

  return defineCommand({
    meta: { name: 'keys', description: 'The dispatch keys of the organization' },
    subCommands: {
      list: defineCommand({
        meta: { name: 'list', description: 'List them, newest first, and how many satellites have come to each' },
        args: listArgs,
        run: reportToOperator(async ({ args }: { args: ParsedArgs<typeof listArgs> }) => {
          const list = await takeData(clientFor(args).GET('/v1/dispatch-keys'));
          if (args.json === true) console.log(JSON.stringify(list, null, 2));
          else show(list);
        }),
      }),
      rotate: defineCommand({
        meta: {
          name: 'rotate',
          description: 'Make the next one; the present one names it, and satellites learn it from that',
        },
        args: rotateArgs,
        run: reportToOperator(async ({ args }: { args: ParsedArgs<typeof rotateArgs> }) => {
          const client = clientFor(args);
          const body = { reason: args.reason ?? null };
          const { id } = await takeData(client.POST('/v1/dispatch-keys/rotations', { body }));
          show(await settled(client, id));
          console.log('When no satellite is left at the old key, retire it: sena keys retire KEY');
        }),
      }),
      retire: defineCommand({
        meta: { name: 'retire', description: 'End an old one: satellites refuse what it signs, and it is deleted' },
        args: retireArgs,
        run: reportToOperator(async ({ args }: { args: ParsedArgs<typeof retireArgs> }) => {
          const client = clientFor(args);
          const body = { reason: args.reason ?? null, force: args.force === true };
          const params = { path: { id: args.key } };
          const { id } = await takeData(client.POST('/v1/dispatch-keys/{id}/retire', { params, body }));
          show(await settled(client, id));
        }),
      }),
    },
  });
}

function show({ items, requests }: DispatchKeyList): void {
  for (const { id, fingerprint, status, satelliteCount, createdAt, retiredAt } of items) {
    const since = retiredAt === null ? `since ${createdAt}` : `retired ${retiredAt}`;
    console.log(`${status.padEnd(8)}  ${id}  ${fingerprint}  ${since}  ${satelliteCount} satellites`);
  }
  for (const { kind, requestedBy, createdAt, refusal } of requests)
    console.log(`${kind} asked for by ${requestedBy} at ${createdAt}: ${refusal ?? 'waits for the signer'}`);
}
