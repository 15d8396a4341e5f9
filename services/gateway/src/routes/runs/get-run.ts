// GET /v1/runs/{id}: one run with its answer and what the answer rests on. Reads only.
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { runSchema } from '@sena/contracts/http/runs';
import { noSuch } from '@sena/contracts/no-such';
import { inOrganization } from '@sena/db/tenant';
import { listWaits } from '@sena/runs/run/list-waits';
import { readRun } from '@sena/runs/run/read-run';
import { requireRun } from '@sena/runs/run/require-run';
import { waitsForWorker } from '@sena/runs/run/waits-for-worker';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { runParamsSchema } from './run-params.ts';

export function getRun(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/runs/:id',
    {
      config: { access: may.read },
      schema: {
        operationId: 'getRun',
        tags: ['runs'],
        summary: 'Read a run with its answer and findings',
        description:
          'Of a run that has not ended `waits` says what keeps it: satellites that are away, nodes of which no word comes, and until when; a queue ' +
          'that can not be reached.',
        params: runParamsSchema,
        response: { 200: runSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { id } = request.params;
      const read = await inOrganization(services.pool, member.organizationId, async (transaction) => {
        await requireRun(transaction, id, runBoundsOf(member));
        const found = await readRun(transaction, id);
        if (found === null) return null;
        if (terminalRunStatuses.has(found.status)) return { run: { ...found, waits: [] }, isWaiting: false };
        const waits = await listWaits(transaction, id);
        return { run: { ...found, waits }, isWaiting: await waitsForWorker(transaction, id) };
      });
      if (read === null) throw noSuch('run');
      const { run, isWaiting } = read;
      if (!isWaiting || (await services.isQueueReachable())) return run;
      return { ...run, waits: [{ kind: 'queue_unreachable' as const }, ...run.waits] };
    },
  );
}
