// `sena audit list`: the newest records, one a line: when, its place in the chain, what, by whom and with which API key, on what.
import type { AuditEvent } from '@sena/contracts/http/audit';
import { showCommand } from '@sena/envelope/show-command';
import { createClient } from '@sena/sdk/create-client';
import { takeData } from '@sena/sdk/take-data';
import { defineCommand, type ParsedArgs } from 'citty';
import { apiOptions, findApi } from '../find-api.ts';
import { OperatorError, reportToOperator } from '../report-to-operator.ts';

const limitMax = 100;

const declared = {
  ...apiOptions,
  limit: { type: 'string', default: '20', description: `How many, at most ${limitMax}` },
  run: { type: 'string', description: 'Only what is about this run' },
  json: { type: 'boolean', description: 'For programs' },
} as const;
type Args = ParsedArgs<typeof declared>;

export function createListCommand(environment: Record<string, string | undefined>) {
  return defineCommand({
    meta: { name: 'list', description: 'List the newest records: who did what, and with which API key' },
    args: declared,
    run: reportToOperator(async ({ args }: { args: Args }) => {
      const query = { limit: readLimit(args.limit), ...(args.run === undefined ? {} : { runId: args.run }) };
      const client = createClient(findApi(args, environment));
      const { items } = await takeData(client.GET('/v1/audit-events', { params: { query } }));
      if (args.json === true) console.log(JSON.stringify(items, null, 2));
      else for (const event of items) console.log(describeEvent(event));
    }),
  });
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw new OperatorError(`--limit ${text}: give a whole number from 1 to ${limitMax}. An export has all records.`);
  return limit;
}

/** Names are people's words: whatever could move the cursor, hide or pass for something else is written out. */
function describeEvent({ at, seq, action, actor, actorName, actorKey, subject, subjectName }: AuditEvent): string {
  const line = (text: string) => showCommand(text).text.replaceAll('\n', '\\n');
  const named = (name: string | null, id: string) => (name === null ? line(id) : `${line(name)} (${line(id)})`);
  const key = actorKey === null ? '' : `, with key ${line(actorKey.name)} (${line(actorKey.id)})`;
  const place = seq === null ? 'not sealed yet' : `no. ${seq}`;
  return `${at}  ${place}  ${action}  by ${named(actorName, actor)}${key}  on ${named(subjectName, subject)}`;
}
