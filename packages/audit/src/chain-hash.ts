// The hashes of the audit chain, as the sealer writes them and a verifier recomputes them, offline too.
// Pure.
import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** What is sealed of an audit event: everything but its place in the chain. `at` is ISO 8601 in UTC with microseconds. */
export interface SealedContent {
  readonly id: string;
  readonly organizationId: string;
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly subject: string;
  readonly runId: string | null;
  readonly data: unknown;
}

/** The hash before an organization's first event. */
export const genesisHash = '0'.repeat(64);

/** Hex SHA-256 over RFC 8785 JSON of the event. */
export function eventSha256(event: SealedContent): string {
  return hash('sha256', canonicalJson(event));
}

/** Hex SHA-256 that ties an event to its number and to everything before it. */
export function sealHash(seal: {
  organizationId: string;
  seq: number;
  previousHash: string;
  eventSha256: string;
}): string {
  return hash(
    'sha256',
    `sena-audit-v1\n${seal.organizationId}\n${seal.seq}\n${seal.previousHash}\n${seal.eventSha256}`,
  );
}
