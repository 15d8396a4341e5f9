// The audit names who and what, never hides the id, and makes up no name for what is gone.
import { expect, test } from 'vitest';
import { describeActor, describeSubject } from './describe-reference.ts';

test.each([
  ['member:user_1', 'Ada (ada@x.test)', { text: 'Ada (ada@x.test)', kind: null, isNamed: true }],
  ['satellite:sat_1', 'sat-fra1', { text: 'sat-fra1', kind: 'satellite', isNamed: true }],
  ['service:relay', null, { text: 'SENA’s relay', kind: null, isNamed: true }],
  ['member:user_gone', null, { text: 'member:user_gone', kind: null, isNamed: false }],
])('%s, called %s', (actor, actorName, words) => {
  expect(describeActor({ actor, actorName, actorKey: null })).toEqual({ ...words, id: actor, withKey: '' });
});

test.each([
  ['run.created', 'run_1', 'hostname', { text: 'hostname', kind: 'run', isNamed: true }],
  ['approval.decided', 'appr_1', 'mkdir /x', { text: 'mkdir /x', kind: 'approval of a run', isNamed: true }],
  ['api_key.created', 'key_1', 'ci', { text: 'ci', kind: 'API key', isNamed: true }],
  ['policy.saved', 'change_window', null, { text: 'change_window', kind: 'policy', isNamed: true }],
  ['node.deleted', 'node_1', null, { text: 'node_1', kind: 'node', isNamed: false }],
  ['thing.done', 'plain', null, { text: 'plain', kind: null, isNamed: false }],
])('%s of %s', (action, subject, subjectName, words) => {
  expect(describeSubject({ action, subject, subjectName })).toEqual({ ...words, id: subject, withKey: '' });
});

test.each([
  ['Ada (ada@x.test)', 'deploy-bot', 'Ada (ada@x.test), with key deploy-bot'],
  [null, 'deploy-bot', 'member:user_1, with key deploy-bot'],
  ['Ada (ada@x.test)', '', 'Ada (ada@x.test), with key key_9'],
])('%s with the key called "%s"', (actorName, name, words) => {
  const { text, withKey } = describeActor({ actor: 'member:user_1', actorName, actorKey: { id: 'key_9', name } });
  expect(text + withKey).toBe(words);
});
