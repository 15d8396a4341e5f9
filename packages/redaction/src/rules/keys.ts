// Rules: private keys that stand in one line. Those that go over several are known by find-key-lines.
import { placesOf } from './places-of.ts';
import type { Place, Rule } from './rule.ts';

const inOneLine =
  /-----BEGIN(?: [A-Z0-9]{1,20}){0,2} PRIVATE KEY(?: BLOCK)?-----(?<secret>(?:\\{1,3}[nr]|[ \t])*[A-Za-z0-9+/=\\ \t][^-]{8,65536})/dg;
const age = /(?<secret>AGE-SECRET-KEY-1[0-9A-Z]{40,80})/dg;
const encoded = /(?<secret>LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,65536})/dg;
const encodedRegistries = /(?<secret>(?:eyJhdXRocyI6|ewogICJhdXRocyI6|ewoJImF1dGhzIjog?)[A-Za-z0-9+/=]{16,65536})/dg;

export const privateKey: Rule = {
  name: 'private-key',
  hints: ['PRIVATE KEY', 'AGE-SECRET-KEY-', 'LS0tLS1CRUdJTi', 'eyJhdXRocyI6', 'ewogICJhdXRocyI6', 'ewoJImF1dGhzIjo'],
  find: (line) => [
    ...placesOf(line, inOneLine),
    ...placesOf(line, age),
    // A certificate is encoded the same way and is nobody's secret.
    ...placesOf(line, encoded).filter(holdsPrivateKey(line)),
    ...placesOf(line, encodedRegistries),
  ],
};

function holdsPrivateKey(line: string): (place: Place) => boolean {
  return ([start, end]) => Buffer.from(line.slice(start, Math.min(end, start + 96)), 'base64').includes('PRIVATE KEY');
}
