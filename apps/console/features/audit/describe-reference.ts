// Who did something, and what it was done to, in words: the name first, the id behind it. Pure.
import type { AuditEvent } from '@sena/contracts/http/audit';
import type { IdPrefix } from '@sena/contracts/ids';
import { sayKey } from '../members/say-who.ts';

export interface Reference {
  /** The name; where there is none, the id. */
  text: string;
  /** What kind of thing it is. null: the text says it. */
  kind: string | null;
  id: string;
  isNamed: boolean;
  /** `, with key deploy-bot`: what follows the text. Empty where it was no API key. */
  withKey: string;
}

export function describeActor({
  actor,
  actorName,
  actorKey,
}: Pick<AuditEvent, 'actor' | 'actorName' | 'actorKey'>): Reference {
  const [who = '', name = ''] = actor.split(/:(.*)/s);
  if (who === 'service') return { text: `SENA’s ${name}`, kind: null, id: actor, isNamed: true, withKey: '' };
  const withKey = sayKey(actorKey);
  if (actorName === null) return { text: actor, kind: null, id: actor, isNamed: false, withKey };
  return { text: actorName, kind: who === 'satellite' ? 'satellite' : null, id: actor, isNamed: true, withKey };
}

export function describeSubject({
  action,
  subject,
  subjectName,
}: Pick<AuditEvent, 'action' | 'subject' | 'subjectName'>): Reference {
  // A policy has no other id than its name.
  if (action.startsWith('policy.')) return { text: subject, kind: 'policy', id: subject, isNamed: true, withKey: '' };
  const kind = kinds[subject.slice(0, subject.indexOf('_')) as IdPrefix] ?? null;
  return { text: subjectName ?? subject, kind, id: subject, isNamed: subjectName !== null, withKey: '' };
}

const kinds: Partial<Record<IdPrefix, string>> = {
  org: 'organization',
  user: 'member',
  key: 'API key',
  site: 'site',
  sat: 'satellite',
  join: 'join token',
  node: 'node',
  run: 'run',
  disp: 'dispatch of a run',
  inq: 'inquiry of a run',
  appr: 'approval of a run',
  audit: 'results of several runs',
  dkey: 'dispatch key',
  dkrq: 'request about dispatch keys',
  ckey: 'checkpoint key',
  sink: 'audit sink',
  sess: 'session',
  inv: 'invitation',
  idp: 'sign-in provider',
  pass: 'passkey',
  scim: 'SCIM token',
  scimu: 'person of the directory',
  scimg: 'group of the directory',
};
