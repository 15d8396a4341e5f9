// The audit as it is exported, in pieces as they arrive. Used by the CLI. One GET a call.
import { ProblemError } from './problem-error.ts';

export interface ReadAuditExportOptions {
  baseUrl: string;
  apiKey: string;
  /** 0 for everything. */
  afterSeq: number;
  /** How long nothing may arrive. */
  silenceMs?: number;
}

/** Bytes of NDJSON. Throws `ProblemError`; what has arrived by then is what there is, and the last line says whether it is all. */
export async function* readAuditExport(options: ReadAuditExportOptions): AsyncGenerator<Uint8Array> {
  const { baseUrl, apiKey, afterSeq, silenceMs = 60_000 } = options;
  const silence = new AbortController();
  const giveUp = () => silence.abort(new DOMException('nothing arrived', 'TimeoutError'));
  let timer = setTimeout(giveUp, silenceMs);
  try {
    const response = await fetch(`${baseUrl}/v1/audit-export?afterSeq=${afterSeq}`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: silence.signal,
    });
    if (!response.ok || response.body === null)
      throw ProblemError.fromResponse(response, await response.json().catch(() => null));
    for await (const piece of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMs);
      yield piece;
    }
  } catch (cause) {
    throw ProblemError.fromFailure(cause);
  } finally {
    clearTimeout(timer);
    // Whoever reads no further leaves nothing open.
    silence.abort();
  }
}
