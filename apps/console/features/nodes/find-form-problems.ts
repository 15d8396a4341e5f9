// What a node's form lacks before it is sent, by field, in words. Pure; the API decides about the rest.
import { type FieldProblems, findMissing } from '../forms/find-missing.ts';

/** `text`: a field as it was written, without blanks around it. Empty: nothing is wrong. */
export function findFormProblems(text: (name: string) => string): FieldProblems {
  const lacking = findMissing(text, {
    name: 'Give the node a name, like web-07.',
    address: 'Give its name in DNS or its IP address.',
    runAs: 'Say as whom to log in.',
    credential: 'Name a credential of the satellite; “default” is the usual one.',
  });
  const port = text('port');
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? lacking : { ...lacking, port: 'A port is a number from 1 to 65535; SSH’s is 22.' };
}
