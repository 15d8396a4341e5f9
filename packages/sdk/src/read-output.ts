// A stretch of what a command printed, as bytes. Used by the console's output viewer and the CLI. One GET a call.
import { ProblemError } from './problem-error.ts';

export interface ReadOutputOptions {
  baseUrl: string;
  apiKey?: string;
  executionId: string;
  stream: 'stdout' | 'stderr';
  /** First byte wanted. */
  offset: number;
  /** At most this many bytes. */
  lengthBytes: number;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface OutputStretch {
  bytes: Uint8Array;
  offset: number;
  /** Bytes stored so far; null when the server did not say. */
  totalBytes: number | null;
}

/** Reads `[offset, offset + lengthBytes)`. Past the end it gives no bytes. Throws `ProblemError`. */
export async function readOutput(options: ReadOutputOptions): Promise<OutputStretch> {
  const { offset, lengthBytes } = options;
  const address = `${options.baseUrl}/v1/executions/${encodeURIComponent(options.executionId)}/output?stream=${options.stream}`;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(address, {
      credentials: 'same-origin',
      headers: {
        range: `bytes=${offset}-${offset + lengthBytes - 1}`,
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    throw ProblemError.fromFailure(cause);
  }
  const totalBytes = readTotal(response.headers.get('content-range'));
  // Nothing lies at this offset: the stream is empty, or it was read to its end.
  if (response.status === 416) return { bytes: new Uint8Array(), offset, totalBytes };
  if (!response.ok) throw ProblemError.fromResponse(response, parseJson(bytes));
  // A server that ignores ranges sends everything: keep what was asked for.
  if (response.status === 200) {
    return { bytes: bytes.subarray(offset, offset + lengthBytes), offset, totalBytes: bytes.byteLength };
  }
  return { bytes, offset, totalBytes };
}

function readTotal(contentRange: string | null): number | null {
  const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return total === undefined ? null : Number(total);
}

function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
