// Rules: a value behind a name that says what it is, in the ways that configuration, logs, command lines and database statements write it.
import { isHarmless } from './is-harmless.ts';
import { placesOf } from './places-of.ts';
import type { Place, Rule } from './rule.ts';
import { withoutEnd } from './without-end.ts';

const keys =
  'access|account|api|auth|client|encryption|license|master|private|secret|shared|shared[_-]?access|signing|storage|webhook';
const names = [
  'pass(?:word|wd|phrase|code)',
  'pwd|psk|pre-?shared[_-]?key|bindpw|rootpw|authtok',
  '(?:client[_-]?|app[_-]?)?secret',
  'token',
  `(?:${keys})[_ -]?key`,
  'credentials?',
  'connection[_-]?string',
].join('|');
/** What a name may end with and still name the secret itself; `_file`, `_url`, `_count` and the like name something else. */
const suffix =
  '(?:[_-]?(?:prod|production|dev|staging|test|old|new|current|previous|primary|secondary|hash|value|base64|b64|data|[a-z]))?\\d{0,3}';
const between = '[\\\\ ]{0,6}["\']?\\]?[ \\t]{0,20}(?:=>|:=|::|=|:)[ \\t]{0,20}';
const nameWords = [
  ...['passw', 'passphrase', 'passcode', 'pwd', 'psk', 'bindpw', 'rootpw', 'authtok', 'secret', 'token', 'credential'],
  ...['connectionstring', 'connection-string', 'connection_string', '_key', '-key', ' key', 'sharedkey', 'apikey'],
  ...['accesskey', 'accountkey', 'authkey', 'clientkey', 'encryptionkey', 'licensekey', 'masterkey', 'privatekey'],
  ...['secretkey', 'signingkey', 'storagekey', 'webhookkey'],
];
/** Most lines that hold such a word say something about it, and not what it is. */
const named = new RegExp(`(?:${names})${suffix}${between}`, 'gi');
const valueLengthMax = 4_096;

export const assignment: Rule = {
  name: 'assignment',
  hints: [],
  words: nameWords,
  find(line) {
    const places: Place[] = [];
    named.lastIndex = 0;
    for (let match = named.exec(line); match !== null; match = named.exec(line)) {
      const place = valueAt(line, match.index, named.lastIndex);
      // `NOPASSWD:` is a word of sudoers.
      const isDenied = /^no$/i.test(line.slice(Math.max(0, match.index - 2), match.index));
      if (place === null || isDenied || isNoValue(line.slice(...place))) continue;
      places.push(place);
      named.lastIndex = place[1];
    }
    return places;
  },
};

/** What stands at `at`, behind a name that begins at `nameAt`. */
function valueAt(line: string, nameAt: number, at: number): Place | null {
  const quote = /^[\\ ]{0,5}["'`]/.exec(line.slice(at, at + 6))?.[0];
  if (quote !== undefined) {
    const start = at + quote.length;
    // In what is quoted within a quotation, each quote has its backslashes before it; they are not the value's.
    const closing = quote.trimStart();
    let end = line.indexOf(closing, start);
    while (closing === '"' && quote === closing && end > start && line[end - 1] === '\\')
      end = line.indexOf('"', end + 1);
    const value = line.slice(start, Math.min(end < 0 ? line.length : end, start + valueLengthMax));
    // A name and a quote come by in fifty megabytes of random bytes too; what follows them there is no text.
    return value === '' || value.includes('\x01') ? null : [start, start + withoutEnd(value, '\\ ').length];
  }
  const rest = line.slice(at, at + valueLengthMax);
  const isAtStart = isFirst(line, nameAt);
  // `&token= HTTP/1.1`: nothing was assigned.
  if (!isAtStart && /[^ \t]=[ \t]+$/.test(line.slice(nameAt, at))) return null;
  if (/^<[^<>]{1,200}>/.test(rest)) return null;
  // At the start of a line all of the word is the value; within one, what separates fields ends it.
  const pattern = isAtStart ? /^[^\s\p{Cc}({[]?[^\s\p{Cc}]*/u : /^[^\s\p{Cc}"'`,;&<>(){}[\]|\\]+/u;
  const value = withoutEnd(pattern.exec(rest)?.[0] ?? '', ',;');
  return value === '' ? null : [at, at + value.length];
}

const beforeName = /^[ \t>+-]*(?:(?:export|set|env|local|declare|Environment=)[ \t]*)?[\w.-]*$/i;

/** A line of an environment, an ini or a yaml file; a process's environment has NUL for line ends. */
function isFirst(line: string, nameAt: number): boolean {
  const start = line.lastIndexOf('\0', nameAt) + 1;
  return nameAt - start <= 120 && beforeName.test(line.slice(start, nameAt));
}

/** Without credentials in it, which are another rule's, an address is no secret. */
function isNoValue(value: string): boolean {
  return isHarmless(value) || /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

const flag =
  /(?<=^|[\s\0"'])--?(?:[a-z0-9]+-){0,3}(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-key|secret-key|auth-?token)["']?,?[ \t\0]+["']?(?<secret>[^\s\0"'-][^\s\0"']{0,4095})/dgi;
const shortFlags = [
  /\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|mariadb-admin|mysqlimport|mysqlcheck)\b[^|;&]{0,2000}?[ \t]-p(?<secret>[^\s|;&]{1,512})/dg,
  /\bsshpass[ \t]{1,8}-p[ \t]{0,8}["']?(?<secret>[^\s"']{1,512})/dg,
  /\bredis-cli\b[^|;&]{0,2000}?[ \t]-a[ \t]{1,8}["']?(?<secret>[^\s"']{1,512})/dg,
  /\b(?:curl|wget)\b[^|;&]{0,2000}?[ \t](?:-u|--user)[ \t=]{0,8}["']?[^\s:"']{1,256}:(?<secret>[^\s"']{1,512})/dg,
  /\bldap(?:search|modify|add|delete|passwd|whoami)\b[^|;&]{0,2000}?[ \t]-w[ \t]{0,8}["']?(?<secret>[^\s"']{1,512})/dg,
  /\bsmbclient\b[^|;&]{0,2000}?[ \t]-U[ \t]{0,8}["']?[^\s%"']{1,256}%(?<secret>[^\s"']{1,512})/dg,
];

export const commandLine: Rule = {
  name: 'command-line',
  hints: ['sshpass', 'redis-cli', 'curl', 'wget', 'ldap', 'smbclient', 'mysql', 'mariadb'],
  words: ['-pass', '-secret', '-token', '-key', '-apikey'],
  find: (line) => [
    ...placesOf(line, flag, isHarmless),
    ...shortFlags.flatMap((pattern) => placesOf(line, pattern, (value) => isHarmless(value) && value.length > 3)),
  ],
};

const directives =
  /^[ \t]{0,40}(?:requirepass|masterauth|r[ow]community6?|bindpw|rootpw|ldap_default_authtok|snmp-server[ \t]+community|enable[ \t]+(?:secret|password)(?:[ \t]+\d)?|username[ \t]+\S+[ \t]+(?:password|secret)(?:[ \t]+\d)?|password[ \t]+\d)[ \t]+["']?(?<secret>[^\s"']{3,512})/dgi;
const statements =
  /\b(?:identified[ \t]+(?:with[ \t]+\S+[ \t]+)?by[ \t]+(?:password[ \t]+)?|password[ \t]+)(?:'(?<secret>[^']{1,512})')/dgi;
const elements =
  /<[\w:.-]{0,80}(?:password|passwd|secret|token|key)(?:[ \t][^<>]{0,200})?>(?<secret>[^<>\s][^<>]{0,4095})</dgi;

export const statement: Rule = {
  name: 'statement',
  hints: [],
  words: [
    ...['requirepass', 'masterauth', 'community', 'bindpw', 'rootpw', 'authtok', 'enable ', 'username ', 'password 7 '],
    ...["password '", 'identified ', 'password>', 'passwd>', 'secret>', 'token>', 'key>'],
  ],
  find: (line) => [
    ...placesOf(line, directives, (value) => isHarmless(value) && value.length > 3),
    ...placesOf(line, statements, isHarmless),
    ...placesOf(line, elements, isHarmless),
  ],
};
