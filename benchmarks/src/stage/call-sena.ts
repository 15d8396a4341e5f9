// SENA's API as a script calls it, through the public address. Reads and writes over HTTP only.

export interface SenaApi {
  get<T>(path: string): Promise<T>;
  /** Throws for anything but a 2xx. */
  post<T>(path: string, body: unknown): Promise<T>;
}

const timeoutMs = 60_000;

export function callSena(url: string, apiKey: string): SenaApi {
  const authorization = `Bearer ${apiKey}`;
  async function call<T>(path: string, request: RequestInit): Promise<T> {
    const response = await fetch(`${url}${path}`, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${request.method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
  return {
    get: (path) => call(path, { method: 'GET', headers: { authorization } }),
    post: (path, body) =>
      call(path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}
