// Rules: a value behind a name that says what it is, in the ways that configuration, logs, command lines and database statements write it.
import { isHarmless } from './is-harmless.ts';
import { placesOf } from './places-of.ts';
import type { Rule } from './rule.ts';

const keys = 'access|account|api|auth|client|encryption|license|master|private|secret|shared|shared[_-]?access|signing|storage|webhook';
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
const suffix = '(?:[_-]?(?:prod|production|dev|staging|test|old|new|current|previous|primary|secondary|hash|value|base64|b64|data|[a-z]))?\\d{0,3}';
const between = '\\\\{0,3}["\']?\\]?[ \\t]{0,20}(?:=>|:=|::|=|:)[ \\t]{0,20}';
const quoted = '\\\\{1,3}"(?<escaped>[^"\\\\]{1,4096})\\\\{1,3}"|"(?<double>(?:[^"\\\\]|\\\\.){1,4096})|\'(?<single>[^\']{1,4096})|`(?<tick>[^`]{1,4096})';

const inQuotes = new RegExp(
  `(?<!no)(?:${names})${suffix}${between}(?:${quoted})`.replaceAll(/\(\?<(?:escaped|double|single|tick)>/g, '('),
  'dgi',
);
/** At the start of a line all of the word is the value; within one, what separates fields ends it. */
const atLineStart = new RegExp(
  `^[ \\t>+-]{0,40}(?:(?:export|set|env|local|declare|Environment=)[ \\t]*)?[\\w.-]{0,80}?(?:${names})${suffix}${between}(?<secret>[^\\s"'\`{[(][^\\s]{0,4095})`,
  'dgi',
);
const withinLine = new RegExp(
  `(?<!no)(?:${names})${suffix}${between}(?<secret>[^\\s"'\`,;&<>(){}\\[\\]|\\\\][^\\s"'\`,;&<>(){}\\[\\]|]{0,4095})`,
  'dgi',
);

const nameWords = ['pass', 'pwd', 'psk', 'secret', 'token', 'key', 'credential', 'bindpw', 'rootpw', 'authtok', 'connection'] as const;

export const assignment: Rule = {
  name: 'assignment',
  hints: [],
  words: nameWords,
  find(line) {
    // A word before which `no` stands is a word of sudoers.
    const unquoted = [...placesOf(line, atLineStart, isNoValue), ...placesOf(line, withinLine, isNoValue)];
    const places = unquoted.map(([start, end]) => [start, endOfValue(line, start, end)] as const);
    for (const match of line.matchAll(inQuotes)) {
      const place = match.indices?.slice(1).find((each) => each !== undefined);
      if (place !== undefined && !isHarmless(line.slice(place[0], place[1]))) places.push([place[0], place[1]]);
    }
    return places;
  },
};

function isNoValue(value: string, match: RegExpExecArray): boolean {
  const bare = value.replace(/[,;]+$/, '');
  // Without credentials in it, which are another rule's, an address is no secret.
  return isHarmless(bare) || /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) || /\bnopasswd/i.test(match[0]);
}

/** A comma or semicolon at the end belongs to what the line is written in. */
function endOfValue(line: string, start: number, end: number): number {
  return start + line.slice(start, end).replace(/[,;]+$/, '').length;
}

const flag =
  /(?<=^|[\s"'])--?(?:[a-z0-9]+-){0,3}(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-key|secret-key|auth-?token)["']?,?[ \t]+["']?(?<secret>[^\s"'-][^\s"']{0,4095})/dgi;
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
  words: ['pass', 'secret', 'token', 'key'],
  find: (line) => [
    ...placesOf(line, flag, isHarmless),
    ...shortFlags.flatMap((pattern) => placesOf(line, pattern, (value) => isHarmless(value) && value.length > 3)),
  ],
};

const directives =
  /^[ \t]{0,40}(?:requirepass|masterauth|r[ow]community6?|bindpw|rootpw|ldap_default_authtok|snmp-server[ \t]+community|enable[ \t]+(?:secret|password)(?:[ \t]+\d)?|username[ \t]+\S+[ \t]+(?:password|secret)(?:[ \t]+\d)?|password[ \t]+\d)[ \t]+["']?(?<secret>[^\s"']{3,512})/dgi;
const statements = /\b(?:identified[ \t]+(?:with[ \t]+\S+[ \t]+)?by[ \t]+(?:password[ \t]+)?|password[ \t]+)(?:'(?<secret>[^']{1,512})')/dgi;
const elements = /<[\w:.-]{0,80}(?:password|passwd|secret|token|apikey|api-key|privatekey)[\w:.-]{0,20}(?:[ \t][^<>]{0,200})?>(?<secret>[^<>\s][^<>]{0,4095})</dgi;

export const statement: Rule = {
  name: 'statement',
  hints: [],
  words: ['pass', 'secret', 'token', 'key', 'community', 'identified', 'masterauth', 'bindpw', 'rootpw', 'authtok'],
  find: (line) => [
    ...placesOf(line, directives, (value) => isHarmless(value) && value.length > 3),
    ...placesOf(line, statements, isHarmless),
    ...placesOf(line, elements, isHarmless),
  ],
};
