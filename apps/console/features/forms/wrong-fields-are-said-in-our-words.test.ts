// Whatever a form finds wrong before it is sent is a sentence at its field, and what is right says nothing.
import { ProblemError } from '@sena/sdk/problem-error';
import { expect, test } from 'vitest';
import { isSaidAtFields } from '../api/describe-failure.ts';
import { findPolicyProblems } from '../policies/find-policy-problems.ts';
import { findMissing } from './find-missing.ts';
import { readFields } from './read-fields.ts';

test('what is empty, or only blanks, is missing; the rest is not', () => {
  const form = new FormData();
  form.set('name', ' ci ');
  form.set('email', '  ');
  const text = readFields(form);
  expect(text('name')).toBe('ci');
  expect(findMissing(text, { name: 'a name', email: 'an email', code: 'a code' })).toEqual({
    email: 'an email',
    code: 'a code',
  });
});

test.each(['prod', '0-prod', 'a'.repeat(63)])('%s is a name for a policy', (name) => {
  expect(findPolicyProblems({ name, text: 'permit (principal, action, resource);' })).toEqual({});
});

test.each(['', '-prod', 'Prod', 'pröd', 'a b', 'a'.repeat(64)])('%j is none', (name) => {
  const found = findPolicyProblems({ name, text: 'permit (principal, action, resource);' });
  expect(Object.keys(found)).toEqual(['name']);
  expect(found.name).toMatch(/[.]$/);
});

test('a policy without a rule is not saved', () => {
  expect(Object.keys(findPolicyProblems({ name: 'prod', text: ' \n' }))).toEqual(['text']);
});

test('what the API says about a field is said once: at the field where that is shown, else above the buttons', () => {
  const refused = (...paths: string[]) =>
    new ProblemError({
      ...{ status: 422, code: 'validation_failed', title: 'A field is wrong', detail: 'Correct it.' },
      fields: paths.map((path) => ({ path, message: 'Too long.' })),
    });
  expect(isSaidAtFields(refused('name'), ['name', 'role'])).toBe(true);
  expect(isSaidAtFields(refused('body.name'), ['name'])).toBe(true);
  expect(isSaidAtFields(refused('name', 'limits'), ['name'])).toBe(false);
  expect(isSaidAtFields(refused(), ['name'])).toBe(false);
  expect(isSaidAtFields(new Error('anything'), ['name'])).toBe(false);
});
