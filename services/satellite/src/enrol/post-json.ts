// Entered by enrol: one JSON request over a stream that dial-cloud has opened. No redirects, bounded answer.
import { request } from 'node:http';
import { type DialSettings, dialCloud, dialTargetOf } from '../tunnel/dial-cloud.ts';

const answerBytesMax = 1024 * 1024;

export type JsonAnswer = { status: number; body: unknown };

/** Rejects when there is no HTTP answer within the time limit. A body that is not JSON comes back as undefined. */
export async function postJson(url: URL, body: unknown, settings: DialSettings): Promise<JsonAnswer> {
  const socket = await dialCloud(dialTargetOf(url), settings);
  const payload = Buffer.from(JSON.stringify(body));
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'content-type': 'application/json',
        'content-length': payload.length,
        accept: 'application/json',
        connection: 'close',
      },
      timeout: settings.timeoutMs,
      createConnection: () => socket,
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer in ${settings.timeoutMs} ms`)));
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > answerBytesMax) outgoing.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks)) }));
    });
    outgoing.end(payload);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
