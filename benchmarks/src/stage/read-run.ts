// Reads a large run as the run page does, page by page, and says what each request took. Reads only.
import type { Stage } from './open-stage.ts';

/** Rows: request, milliseconds, KiB. */
export async function readRun(stage: Stage, runId: string): Promise<string[][]> {
  const rows: string[][] = [];
  const read = async (name: string, path: string): Promise<{ nextCursor?: string | null }> => {
    const startedAt = performance.now();
    const body = await stage.api.get<{ nextCursor?: string | null }>(path);
    const ms = performance.now() - startedAt;
    rows.push([name, ms.toFixed(0), (JSON.stringify(body).length / 1_024).toFixed(0)]);
    return body;
  };
  await read('the run', `/v1/runs/${runId}`);
  await read('its groups', `/v1/runs/${runId}/output-groups`);
  const first = await read('its executions, first 100', `/v1/runs/${runId}/executions?limit=100`);
  let cursor = first.nextCursor;
  let pages = 1;
  const startedAt = performance.now();
  while (cursor != null) {
    const page: { nextCursor?: string | null } = await stage.api.get(
      `/v1/runs/${runId}/executions?limit=500&cursor=${encodeURIComponent(cursor)}`,
    );
    cursor = page.nextCursor;
    pages += 1;
  }
  rows.push([`all its executions, ${pages} pages`, (performance.now() - startedAt).toFixed(0), '']);
  return rows;
}
