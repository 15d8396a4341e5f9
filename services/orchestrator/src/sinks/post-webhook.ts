// One delivery to a webhook: signed, at most ten seconds, no redirect followed. Entered by deliver-due.
import { createHmac } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { canonicalJson } from '@sena/audit/canonical-json';
import type { ClaimedSink } from '@sena/audit/claim-sink';
import { guardedLookup, SinkError } from './resolve-guarded.ts';

const timeoutMs = 10_000;
const bodyCharsMax = 4 * 1024 * 1024;

/** Returns the number of the last record that was taken. Throws when it was not, or nobody knows. */
export async function postWebhook(
  sink: ClaimedSink,
  to: { readonly url: URL; readonly isPrivateAllowed: boolean },
  from: { readonly organizationId: string; readonly secret: string; readonly stopping: AbortSignal },
): Promise<number> {
  const { organizationId, secret, stopping } = from;
  const records = takeWhileSmall(sink.records.map((record) => canonicalJson(record)));
  const lastSeq = sink.takenSeq + records.length;
  const head = {
    v: 1,
    organizationId,
    sinkId: sink.id,
    fromSeq: sink.takenSeq + 1,
    lastSeq,
    checkpoint: sink.checkpoint,
  };
  const body = `{"head":${canonicalJson(head)},"records":[${records.join(',')}]}`;
  const at = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'sena-audit/1',
    // The same records again have the same one: for who wants each once.
    'sena-delivery': `${sink.id}-${head.fromSeq}-${lastSeq}`,
    'sena-signature': `t=${at},v1=${signature}`,
  };
  const status = await post(to, body, { headers, signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]) });
  if (status >= 200 && status < 300) return lastSeq;
  const redirected = status >= 300 && status < 400 ? ' Redirects are not followed: give the address itself.' : '';
  throw new SinkError(`It answered HTTP ${status}.${redirected}`);
}

/** At least the first one. */
function takeWhileSmall(texts: readonly string[]): string[] {
  let chars = 0;
  return texts.filter((text, index) => {
    chars += text.length;
    return index === 0 || chars <= bodyCharsMax;
  });
}

function post(
  { url, isPrivateAllowed }: { readonly url: URL; readonly isPrivateAllowed: boolean },
  body: string,
  { headers, signal }: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sending = request(url, {
      ...{ method: 'POST', headers, signal, agent: false, lookup: guardedLookup(isPrivateAllowed) },
    });
    sending.once('response', (response) => {
      // What it says besides is nobody's to read.
      response.once('error', reject).destroy();
      resolve(response.statusCode ?? 0);
    });
    sending.on('error', reject);
    sending.end(body);
  });
}
