// Rules: files that hold nothing but secrets, known by the form of their lines: shadow, .pgpass, .netrc, smbpasswd, LDAP.
import { isHarmless } from './is-harmless.ts';
import { placesOf } from './places-of.ts';
import type { Rule } from './rule.ts';

/** Of crypt(3) and of what programs write in its form. */
const crypt =
  /(?<secret>\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|md5|apr1|argon2(?:id|i|d)|scrypt|pbkdf2(?:[_-][a-z0-9]+)?|bcrypt(?:-sha256)?|p5k2)\$[A-Za-z0-9./=,$+_-]{16,512})/dgi;
const directory =
  /\{(?:SSHA|SHA|SMD5|MD5|CRYPT|PBKDF2|ARGON2|SSHA256|SSHA384|SSHA512)\}(?<secret>[A-Za-z0-9+/=.$]{10,512})/dgi;
const mysqlHash = /(?<![\w*])(?<secret>\*[0-9A-F]{40})(?![0-9A-Za-z])/dg;
const smbHash = /^[^:\s]{1,64}:\d{1,10}:(?<secret>[0-9A-FX]{32}:[0-9A-FX]{32}):\[/dg;
/** The old crypt has no mark: 13 characters, in the second field of nine. */
const shadow = /^[a-z_][\w.-]{0,31}:!{0,2}(?<secret>[A-Za-z0-9./]{13}):\d{1,6}:\d{0,6}:\d{0,6}:\d{0,6}:/dgi;

export const passwordHash: Rule = {
  name: 'password-hash',
  hints: [
    '$1$',
    '$2a$',
    '$2b$',
    '$2x$',
    '$2y$',
    '$5$',
    '$6$',
    '$7$',
    '$y$',
    '$gy$',
    '$sha1$',
    '$md5',
    '$apr1$',
    '$argon2',
    '$scrypt',
    '$pbkdf2',
    '$bcrypt',
    '}$',
    ':[U',
    ':99999:',
  ],
  words: ['ssha', 'smd', 'crypt', 'identified'],
  find: (line) => [crypt, directory, mysqlHash, smbHash, shadow].flatMap((pattern) => placesOf(line, pattern)),
};

/** `host:port:database:user:password`, and the ports are those of PostgreSQL and its poolers. */
const pgpass =
  /(?:^|[\s"'])(?:[\w.*-]{1,255}|\\?\[[0-9a-f\\:]+\]):(?:\*|5\d{3}|6\d{3}|15432|25432):[^:\s]{1,64}:[^:\s]{1,64}:(?<secret>[^\s]{3,512})/dgi;

export const postgresPasswordFile: Rule = {
  name: 'pgpass',
  hints: [':*:', ':54', ':6432:', ':6543:', ':15432:', ':25432:'],
  find: (line) => placesOf(line, pgpass, (value) => isHarmless(value) && value.length > 3),
};

const netrc =
  /(?:^[ \t]{0,40}|\blogin[ \t]{1,8}\S{1,256}[ \t]{1,8}|\bmachine[ \t]{1,8}\S{1,256}[ \t]{1,8})password[ \t]{1,8}(?<secret>[^\s]{3,512})[ \t\r]*$/dg;

export const netrcFile: Rule = {
  name: 'netrc',
  hints: [],
  words: ['password ', 'password\t'],
  find: (line) => placesOf(line, netrc, (value) => isHarmless(value) && value.length > 3),
};
