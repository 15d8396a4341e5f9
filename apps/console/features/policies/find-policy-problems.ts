// What a policy lacks before it is saved, by field, in words. Pure; whether its text can be read is what the API says.
import type { FieldProblems } from '../forms/find-missing.ts';

const namePattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function isPolicyName(name: string): boolean {
  return namePattern.test(name);
}

export function findPolicyProblems({ name, text }: { name: string; text: string }): FieldProblems {
  return {
    ...(isPolicyName(name) ? {} : { name: name === '' ? 'Give the policy a name.' : wrongName }),
    ...(text.trim() === '' ? { text: 'Write a rule. Cancel leaves without one.' } : {}),
  };
}

const wrongName = 'Small letters, digits and dashes, at most 63, and no dash at the beginning.';
