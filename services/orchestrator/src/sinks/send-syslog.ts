// One delivery to a syslog server: RFC 5424 messages, octet-counted (RFC 6587), over TCP or TLS. Entered by deliver-due. Syslog
// acknowledges nothing: what counts as taken is that the server took the bytes and the connection ended well.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { canonicalJson } from '@sena/audit/canonical-json';
import type { ClaimedSink } from '@sena/audit/claim-sink';
import type { SealedRecord } from '@sena/audit/verify-chain';
import { actingKeySchema } from '@sena/contracts/domain/principal';
import { z } from 'zod';
import { guardedLookup } from './resolve-guarded.ts';

const withKeySchema = z.object({ apiKey: actingKeySchema });

const timeoutMs = 10_000;
/** For a server to end its side after we have ended ours. Some never do. */
const lingerMs = 1_000;
/** Facility 13 (log audit), severity 6 (informational). */
const priority = 13 * 8 + 6;
const bom = '\ufeff';

export interface SyslogServer {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly isPrivateAllowed: boolean;
}

/** Returns the number of the last record that was sent. */
export async function sendSyslog(
  sink: ClaimedSink,
  server: SyslogServer,
  { sender, stopping }: { readonly sender: string; readonly stopping: AbortSignal },
): Promise<number> {
  const text = sink.records.map((record) => frame(formatMessage(record, sender)));
  await send(server, Buffer.concat(text), stopping);
  return sink.takenSeq + sink.records.length;
}

/** `<110>1 2026-01-01T00:00:00.000001Z host sena - run.created [audit@32473 …] {…}`: 32473 is the number that documentation may use. */
function formatMessage({ event, seq, hash, previousHash }: SealedRecord, sender: string): string {
  const facts = {
    seq: String(seq),
    hash,
    previousHash,
    organization: event.organizationId,
    actor: event.actor,
    ...keyOf(event),
    subject: event.subject,
  };
  const data = Object.entries(facts).map(([name, value]) => `${name}="${value.replace(/["\\\]]/g, '\\$&')}"`);
  const messageId = event.action.replace(/[^\x21-\x7e]/g, '_').slice(0, 32) || '-';
  return `<${priority}>1 ${event.at} ${sender} sena - ${messageId} [audit@32473 ${data.join(' ')}] ${bom}${canonicalJson(event)}`;
}

/** The id of the API key that a member acted with. Its name is in the message. */
function keyOf({ data }: SealedRecord['event']): { apiKey?: string } {
  const key = withKeySchema.safeParse(data);
  return key.success ? { apiKey: key.data.apiKey.id } : {};
}

function frame(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

function send(
  { host, port, isEncrypted, isPrivateAllowed }: SyslogServer,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { host, port, lookup: guardedLookup(isPrivateAllowed), signal };
    const socket: Socket = isEncrypted
      ? connectTls({ ...options, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectTcp(options);
    let isFlushed = false;
    const done = (error?: Error) => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    let timer = setTimeout(() => done(new Error(`No answer within ${timeoutMs / 1_000} s.`)), timeoutMs);
    socket.on('error', done);
    socket.on('close', () =>
      done(isFlushed ? undefined : new Error('It closed the connection before it had everything.')),
    );
    socket.once(isEncrypted ? 'secureConnect' : 'connect', () =>
      socket.end(bytes, () => {
        isFlushed = true;
        clearTimeout(timer);
        timer = setTimeout(done, lingerMs);
      }),
    );
    socket.resume();
  });
}
