// Who did something, and what it was done to, in words: the name first, the id behind it. Pure.
import type { AuditEvent } from '@sena/contracts/http/audit';
import type { IdPrefix } from '@sena/contracts/ids';

export interface Reference {
  /** The name; where there is none, the id. */
  text: string;
  /** What kind of thing it is. null: the text says it. */
  kind: string | null;
  id: string;
  isNamed: boolean;
}

export function describeActor({ actor, actorName }: Pick<AuditEvent, 'actor' | 'actorName'>): Reference {
  const [who = '', name = ''] = actor.split(/:(.*)/s);
  if (who === 'service') return { text: `SENA’s ${name}`, kind: null, id: actor, isNamed: true };
  if (actorName === null) return { text: actor, kind: null, id: actor, isNamed: false };
  return { text: actorName, kind: who === 'satellite' ? 'satellite' : null, id: actor, isNamed: true };
}

export function describeSubject({
  action,
  subject,
  subjectName,
}: Pick<AuditEvent, 'action' | 'subject' | 'subjectName'>): Reference {
  // A policy has no other id than its name.
  if (action.startsWith('policy.')) return { text: subject, kind: 'policy', id: subject, isNamed: true };
  const kind = kinds[subject.slice(0, subject.indexOf('_')) as IdPrefix] ?? null;
  return { text: subjectName ?? subject, kind, id: subject, isNamed: subjectName !== null };
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
