// What a PATCH of a group comes to: members come, go, or are all replaced, one operation after the other. Pure.
import type { ScimGroupChange } from '@sena/auth/scim/scim-groups';
import { SenaError } from '@sena/contracts/errors';
import { type ScimPatch, scimGroupChangeSchema } from '@sena/contracts/http/scim';

type Step = (members: readonly string[]) => readonly string[];

/** Throws `validation_failed`. */
export function readGroupPatch({ Operations }: ScimPatch): ScimGroupChange {
  const steps: Step[] = [];
  const said: Record<string, unknown> = {};
  for (const { op, path, value } of Operations) {
    const one = /^members\[\s*value\s+eq\s+"([^"\\]{1,100})"\s*\]$/i.exec(path ?? '')?.[1];
    if (one !== undefined) {
      if (op !== 'remove') throw refused('path', 'names one member, which can only be removed');
      steps.push((members) => members.filter((member) => member !== one));
    } else if (path?.toLowerCase() === 'members') steps.push(stepOf(op, value));
    else if (path === undefined && isRecord(value)) {
      const { members, ...others } = value;
      if (members !== undefined) steps.push(stepOf(op, members));
      Object.assign(said, others);
    } else if (path === 'displayName' || path === 'externalId') said[path] = op === 'remove' ? null : value;
    else if (path === undefined) throw refused('path', 'is needed, or an object as value');
  }
  const read = scimGroupChangeSchema.safeParse(said);
  if (!read.success) throw refused('value', read.error.issues[0]?.message ?? 'is wrong');
  const { displayName, externalId } = read.data;
  return {
    ...(displayName === undefined ? {} : { displayName }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(steps.length === 0 ? {} : { members: (known) => steps.reduce((members, step) => step(members), known) }),
  };
}

function stepOf(op: 'add' | 'remove' | 'replace', value: unknown): Step {
  if (op === 'remove' && value === undefined) return () => [];
  const read = scimGroupChangeSchema.shape.members.safeParse(Array.isArray(value) ? value : [value]);
  if (!read.success || read.data === undefined) throw refused('value', 'is a list of {"value": id}');
  const named = read.data.map((member) => member.value);
  switch (op) {
    case 'add':
      return (members) => [...members, ...named];
    case 'replace':
      return () => named;
    case 'remove':
      return (members) => members.filter((member) => !named.includes(member));
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(path: string, message: string): SenaError {
  return new SenaError('validation_failed', `Correct ${path}: it ${message}.`, { fields: [{ path, message }] });
}
