// One channel for each organization and doorbell, so that nobody hears another organization's. Pure.
import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names off, and two channels would become one. */
const channelBytesMax = 63;

export function channelName(organizationId: string, doorbell: string): string {
  const name = `sena:${organizationId}:${doorbell}`;
  if (Buffer.byteLength(name) <= channelBytesMax) return name;
  return `sena:${createHash('sha256').update(name).digest('base64url')}`;
}
