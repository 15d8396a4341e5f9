// What a PATCH of a user comes to. Directories name an attribute by `path`, or put several into one value; either is taken. Attributes that
// SENA does not keep change nothing. Pure.
import type { ScimUserChange } from '@sena/auth/scim/scim-users';
import { SenaError } from '@sena/contracts/errors';
import { type ScimPatch, scimUserChangeSchema } from '@sena/contracts/http/scim';

const kept = ['userName', 'externalId', 'displayName', 'active'] as const;

/** Throws `validation_failed`. */
export function readUserPatch({ Operations }: ScimPatch): ScimUserChange {
  const said: Record<string, unknown> = {};
  for (const { op, path, value } of Operations) {
    if (path === undefined) {
      if (op === 'remove' || typeof value !== 'object' || value === null || Array.isArray(value))
        throw refused('path', 'is needed, or an object as value');
      for (const [name, inner] of Object.entries(value)) keep(said, name, inner);
    } else keep(said, path, op === 'remove' ? null : value);
  }
  const read = scimUserChangeSchema.safeParse(said);
  if (!read.success)
    throw refused(String(read.error.issues[0]?.path[0] ?? 'value'), read.error.issues[0]?.message ?? 'is wrong');
  const { userName, externalId, displayName, active } = read.data;
  return {
    ...(userName === undefined ? {} : { userName }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(active === undefined ? {} : { active }),
  };
}

function keep(said: Record<string, unknown>, path: string, value: unknown): void {
  const name = kept.find((attribute) => attribute.toLowerCase() === path.toLowerCase());
  if (name !== undefined) said[name] = value;
}

function refused(path: string, message: string): SenaError {
  return new SenaError('validation_failed', `Correct ${path}: it ${message}.`, {
    fields: [{ path, message }],
  });
}
