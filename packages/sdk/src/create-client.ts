// The way to SENA's API: every path, parameter and answer typed by the OpenAPI document. Used by the console, the CLI and
// the Slack app. Touches the network only when a method is called.
import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from './schema.ts';

export type SenaClient = Client<paths>;

export interface ClientOptions {
  /** Where the API is, without `/v1`; an empty string means the page's own origin. */
  baseUrl: string;
  /** Sent as a bearer token. Leave it out in a browser, where the session cookie speaks. */
  apiKey?: string;
  /** The longest a call may take; 20 s unless told. */
  timeoutMs?: number;
  fetch?: (request: Request) => Promise<Response>;
}

/** A typed client. Wrap its calls in `takeData` to get the body or a `ProblemError`. */
export function createClient(options: ClientOptions): SenaClient {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  return createFetchClient<paths>({
    baseUrl: options.baseUrl,
    credentials: 'same-origin',
    headers: options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` },
    fetch: (request) =>
      send(new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]) })),
  });
}
