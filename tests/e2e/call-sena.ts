// For end-to-end tests: the API as a script calls it. Reads and writes over HTTP only.
import type { Approval } from '@sena/contracts/http/approvals';
import type { Problem } from '@sena/contracts/http/problem';
import type { CreateRunBody, Execution, Run } from '@sena/contracts/http/runs';
import { eventually } from '@sena/testing/eventually';

export interface SenaApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, headers?: Record<string, string>): Promise<{ status: number; body: T }>;
  /** Throws when it is refused. */
  put(path: string, body: unknown): Promise<void>;
  /** POST /v1/runs, then waits until it has ended or waits for a person. */
  run(body: CreateRunBody, timeoutMs?: number): Promise<Run>;
  wait(runId: string, timeoutMs?: number): Promise<Run>;
  executions(runId: string): Promise<Execution[]>;
  output(executionId: string, stream?: 'stdout' | 'stderr'): Promise<Buffer>;
  approval(runId: string): Promise<Approval>;
  decide(approvalId: string, decision: 'approve' | 'reject'): Promise<{ status: number; body: Problem }>;
}

const resting = ['succeeded', 'failed', 'cancelled', 'awaiting_approval'];

export function senaApi(url: string, apiKey: string): SenaApi {
  const headers: Record<string, string> = { authorization: `Bearer ${apiKey}` };
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  async function post<T>(
    path: string,
    body: unknown,
    more: Record<string, string> = {},
  ): Promise<{ status: number; body: T }> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...headers, ...more, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, body: (await response.json()) as T };
  }
  async function wait(runId: string, timeoutMs = 30_000): Promise<Run> {
    return eventually(
      `run ${runId} rests`,
      async () => {
        const run = await get<Run>(`/v1/runs/${runId}`);
        return resting.includes(run.status) ? run : null;
      },
      { timeoutMs },
    );
  }
  return {
    get,
    post,
    async put(path, body) {
      const response = await fetch(`${url}${path}`, {
        method: 'PUT',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
      if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
    },
    wait,
    async run(body, timeoutMs) {
      const { status, body: accepted } = await post<{ id: string }>('/v1/runs', body);
      if (status !== 202) throw new Error(`POST /v1/runs: ${status} ${JSON.stringify(accepted)}`);
      return wait(accepted.id, timeoutMs);
    },
    async executions(runId) {
      const { items } = await get<{ items: Execution[] }>(`/v1/runs/${runId}/executions?limit=500`);
      return items;
    },
    async output(executionId, stream = 'stdout') {
      const response = await fetch(`${url}/v1/executions/${executionId}/output?stream=${stream}`, { headers });
      if (!response.ok) throw new Error(`output: ${response.status} ${await response.text()}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async approval(runId) {
      const { items } = await get<{ items: Approval[] }>('/v1/approvals?status=pending');
      const found = items.find((approval) => approval.runId === runId);
      if (found === undefined) throw new Error(`no pending approval for ${runId}`);
      return found;
    },
    decide: (approvalId, decision) => post(`/v1/approvals/${approvalId}/decision`, { decision }),
  };
}
