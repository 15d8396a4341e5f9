// The API as a patient client uses it while the cloud is hurt: a request that found nobody is made again, with the same idempotency key.
// Reads and writes over HTTP only.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Execution, Run } from '@sena/contracts/http/runs';

const requestTimeoutMs = 30_000;
const retryMs = 200;

export interface CloudApi {
  /** Tried again until `deadlineMs` (performance.now) while nobody answers. Throws on a refusal. */
  ask(what: { command: string } | { prompt: string }, selector: string, deadlineMs: number): Promise<string>;
  approve(approvalId: string, deadlineMs: number): Promise<void>;
  run(runId: string, deadlineMs: number): Promise<Run>;
  executions(runId: string, deadlineMs: number): Promise<Execution[]>;
  output(executionId: string, stream: 'stdout' | 'stderr', deadlineMs: number): Promise<Buffer>;
  post<T>(path: string, body: unknown): Promise<T>;
}

export function callCloud(url: string, keys: { owner: string; approver: string }): CloudApi {
  /** In whole, or not at all: a gateway that is killed cuts its answers. A string: why it is worth asking again. */
  async function once(path: string, key: string, init: RequestInit): Promise<Response | string> {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    const bytes = await response.arrayBuffer();
    if (response.status < 500 && response.status !== 429) {
      return new Response(bytes.byteLength === 0 ? null : bytes, response);
    }
    return `${response.status} ${Buffer.from(bytes).toString().slice(0, 300)}`;
  }
  async function request(path: string, key: string, init: RequestInit, deadlineMs: number): Promise<Response> {
    for (;;) {
      const problem = await once(path, key, init).catch((error: unknown) => String(error));
      if (typeof problem !== 'string') return problem;
      if (performance.now() > deadlineMs) throw new Error(`${path} got no answer in time: ${problem}`);
      await sleep(retryMs);
    }
  }
  async function json<T>(response: Response, expected: readonly number[]): Promise<T> {
    const body = (await response.json()) as T;
    if (!expected.includes(response.status)) throw new Error(`${response.status} ${JSON.stringify(body)}`);
    return body;
  }
  const posting = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const soon = () => performance.now() + 30_000;

  return {
    async ask(what, selector, deadlineMs) {
      const key = { 'idempotency-key': randomUUID() };
      for (;;) {
        const init = posting({ kind: 'prompt' in what ? 'ask' : 'command', ...what, selector }, key);
        const response = await request('/v1/runs', keys.owner, init, deadlineMs);
        // The first try may still be under way in the gateway.
        if (response.status === 409 && performance.now() < deadlineMs) {
          await sleep(retryMs);
          continue;
        }
        return (await json<{ id: string }>(response, [202, 200])).id;
      }
    },
    async approve(approvalId, deadlineMs) {
      const init = posting({ decision: 'approve' });
      const path = `/v1/approvals/${approvalId}/decision`;
      // 409: the first try was heard, its answer was not.
      await json(await request(path, keys.approver, init, deadlineMs), [200, 409]);
    },
    async run(runId, deadlineMs) {
      return json(await request(`/v1/runs/${runId}`, keys.owner, {}, deadlineMs), [200]);
    },
    async executions(runId, deadlineMs) {
      const response = await request(`/v1/runs/${runId}/executions?limit=100`, keys.owner, {}, deadlineMs);
      return (await json<{ items: Execution[] }>(response, [200])).items;
    },
    async output(executionId, stream, deadlineMs) {
      const path = `/v1/executions/${executionId}/output?stream=${stream}`;
      const response = await request(path, keys.owner, {}, deadlineMs);
      if (!response.ok) throw new Error(`output: ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async post<T>(path: string, body: unknown) {
      return json<T>(await request(path, keys.owner, posting(body), soon()), [200, 201, 202]);
    },
  };
}
