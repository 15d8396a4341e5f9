// What a run is called where it is listed. Pure.
import type { Run } from '@sena/contracts/http/runs';

export function runTitle(run: Pick<Run, 'kind' | 'prompt' | 'command' | 'id'>): string {
  return run.prompt ?? run.command ?? `${run.kind} ${run.id}`;
}
