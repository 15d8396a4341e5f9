// What is answered where an id names nothing, in the same words whether it never existed, is another organization's, beyond a scope, or no
// id at all.
import { SenaError } from './errors.ts';

const things = {
  run: { words: 'run', list: '/v1/runs' },
  execution: { words: 'execution', list: '/v1/runs/{id}/executions' },
  approval: { words: 'approval', list: '/v1/approvals' },
  satellite: { words: 'satellite', list: '/v1/satellites' },
  node: { words: 'node', list: '/v1/nodes' },
  site: { words: 'site', list: '/v1/sites' },
  member: { words: 'member', list: '/v1/members' },
  session: { words: 'session', list: '/v1/sessions' },
  apiKey: { words: 'API key', list: '/v1/api-keys' },
  invitation: { words: 'invitation', list: '/v1/invitations' },
  scimToken: { words: 'SCIM token', list: '/v1/scim-tokens' },
  auditSink: { words: 'sink', list: '/v1/audit-sinks' },
  dispatchKey: { words: 'dispatch key', list: '/v1/dispatch-keys' },
} as const;
export type Thing = keyof typeof things;

export function noSuch(thing: Thing): SenaError {
  return new SenaError('not_found', noSuchSentence(thing));
}

export function noSuchSentence(thing: Thing): string {
  const { words, list } = things[thing];
  return `There is no ${words} with this id. See GET ${list}.`;
}

/** Of a path like `/v1/runs/run_…/events`: what its id names. null: none of these. */
export function thingOfAddress(address: string): Thing | null {
  const [, version, collection] = address.split('/');
  if (version !== 'v1') return null;
  if (collection === 'executions') return 'execution';
  const found = Object.entries(things).find(([, { list }]) => list === `/v1/${collection}`);
  return found === undefined ? null : (found[0] as Thing);
}
