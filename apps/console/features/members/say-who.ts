// Who did something, in words: the member, and with which API key where it was one. Pure.
import type { ActingMember } from '@sena/contracts/domain/principal';

export function sayWho({ name, key }: Pick<ActingMember, 'name' | 'key'>): string {
  return `${name}${sayKey(key)}`;
}

/** Follows a name. */
export function sayKey(key: ActingMember['key']): string {
  return key === null ? '' : `, with key ${nameKey(key)}`;
}

export function nameKey({ id, name }: NonNullable<ActingMember['key']>): string {
  return name === '' ? id : name;
}
