// Rules: what lets its bearer in, as it stands in requests, addresses and their logs.
import { isHarmless } from './is-harmless.ts';
import { placesOf } from './places-of.ts';
import type { Place, Rule } from './rule.ts';

const header =
  /(?:proxy-)?authorization\\{0,3}["']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,3}["']?(?:(?:bearer|basic|digest|token|negotiate|ntlm|apikey|hawk|aws4-hmac-sha256)[ \t]+)?(?<secret>[^"'\r\n\\]{4,8192})/dgi;
const bearer = /\bbearer[ \t]{1,8}(?<secret>[A-Za-z0-9._~+/-]{8,8192}=*)/dgi;
const keyHeader =
  /\bx-(?:[a-z0-9]+-){0,3}(?:key|token|secret)["']?[ \t]{0,8}:[ \t]{0,8}["']?(?<secret>[^\s\p{Cc}"',;]{4,8192})/dgiu;

export const authorization: Rule = {
  name: 'authorization',
  hints: [],
  words: ['authorization', 'bearer ', '-key', '-token', '-secret'],
  find: (line) => [
    ...placesOf(line, header, (value) => isHarmless(value.trim())),
    // A word behind it is prose.
    ...placesOf(line, bearer, (value) => !/\d/.test(value) || isHarmless(value)),
    ...placesOf(line, keyHeader, isHarmless),
  ],
};

const cookieLine = /\b(?:set-)?cookie2?\\{0,3}["']?[ \t]{0,8}:[ \t]{0,8}\\{0,3}["']?(?<secret>[^"'\r\n]{1,16384})/dgi;
const cookiePair = /(?<name>[^=;\s]{1,256})=(?<secret>[^;\s]{1,8192})/dg;
const cookieAttributes = /^(?:path|domain|expires|max-age|samesite|version|priority)$/i;

export const cookie: Rule = {
  name: 'cookie',
  hints: [],
  words: ['cookie'],
  find: (line) =>
    placesOf(line, cookieLine).flatMap(([start, end]) =>
      placesOf(
        line.slice(start, end),
        cookiePair,
        (value, match) => isHarmless(value) || cookieAttributes.test(match.groups?.name ?? ''),
      ).map(([from, to]): Place => [start + from, start + to]),
    ),
};

export const jsonWebToken: Rule = {
  name: 'json-web-token',
  hints: ['eyJ'],
  find: (line) =>
    placesOf(
      line,
      /(?<![A-Za-z0-9_-])(?<secret>eyJ[A-Za-z0-9_-]{8,8192}\.(?:eyJ[A-Za-z0-9_-]{2,16384})?\.?[A-Za-z0-9_-]{0,8192}(?:\.[A-Za-z0-9_-]{1,16384}){0,2})/dg,
    ),
};

// Without control characters: what stands between the three of these marks in megabytes of random bytes is no text.
const userInfo = /(?<=[a-z0-9]):\/\/[^\s\p{Cc}:@/?#"'<>]{0,256}:(?<secret>[^\s\p{Cc}/"'<>]{1,1024})@[^\s\p{Cc}@]/dgiu;
const signature =
  /[?&](?:sig|signature|x-amz-signature|x-goog-signature|x-amz-credential)=(?<secret>[A-Za-z0-9%+/=_-]{16,1024})/dgi;

export const address: Rule = {
  name: 'address',
  // Addresses are frequent, and few have either.
  hints: ['?sig=', '&sig='],
  opening: { hint: '://', closing: '@', withinBytes: 1_300 },
  words: ['signature=', 'x-amz-credential='],
  find: (line) => [
    ...(line.includes('://') ? placesOf(line, userInfo, isNoPassword) : []),
    ...placesOf(line, signature),
  ],
};

function isNoPassword(value: string): boolean {
  return isHarmless(value) && value.length > 3;
}
