// Entered by rules with what stands where a password would: is it something else, such as a path, a variable or a word of the program that
// printed it? Pure. When in doubt it is a secret.
import { withoutEnd } from './without-end.ts';

const lengthMin = 4;

export function isHarmless(value: string): boolean {
  return (
    value.length < lengthMin ||
    /^\d{1,5}$/.test(value) ||
    isMasked(value) ||
    isReference(value) ||
    isPath(value) ||
    words.has(withoutEnd(value.slice(0, 40), '.,;:!?)]').toLowerCase())
  );
}

/** Somebody has masked it before. */
function isMasked(value: string): boolean {
  return /^(?:[*]+|[xX]{4,}|[.]{3,}|[•#-]+|\[?<?(?:redacted|hidden|masked|removed|filtered|sensitive)>?\]?)$/i.test(
    value,
  );
}

/** `$NAME`, `${NAME}`, `$(command)`, `{{ name }}`, `<name>`, `%s`, `%(name)s`, and the environment in source code. */
function isReference(value: string): boolean {
  return /^(?:\$[A-Za-z_]\w*$|\$[{(]|\{\{|<[^>]*>$|%[sdvq]$|%[({]|process\.env\b|os\.(?:environ|getenv)\b|(?:System\.)?getenv\(|ENV\[)/.test(
    value,
  );
}

/** Parts of a path are words; a secret that begins with a slash has letters of both cases and digits in one part. */
function isPath(value: string): boolean {
  if (!/^(?:~|\.{1,2})?\//.test(value) && !/^[A-Za-z]:\\/.test(value)) return false;
  return value
    .split(/[/\\]/)
    .every((part) => /^[\w.@:,{}-]*$/.test(part) && !(/[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part)));
}

/** What programs say behind `password:` and `token =` when it is no password and no token. */
const words = new Set(
  [
    'true false none null undefined enabled disabled required optional prompt empty unset missing default',
    'invalid incorrect wrong expired revoked rejected accepted denied failed failure error success unknown never always',
    'must should with from for not the this that please enter type authentication authorization changed unchanged',
    'files compat systemd sss ldap winbind nis nisplus plain string text password secret token bearer basic oauth2',
    'requisite sufficient include substack hidden locked active inactive present absent found valid exists',
    'object number boolean array void readonly bytes opaque self admin root',
  ].flatMap((line) => line.split(' ')),
);
