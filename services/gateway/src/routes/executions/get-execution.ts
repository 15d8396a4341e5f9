// GET /v1/executions/{id}: one command on one node, with the places that were masked in its output. Reads only.
import { executionSchema } from '@sena/contracts/http/runs';
import { executionIdSchema } from '@sena/contracts/ids';
import { noSuch } from '@sena/contracts/no-such';
import { inOrganization } from '@sena/db/tenant';
import { readExecution } from '@sena/runs/execution/list-executions';
import { requireRun } from '@sena/runs/run/require-run';
import { z } from 'zod';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getExecution(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/executions/:id',
    {
      config: { access: may.read },
      schema: {
        operationId: 'getExecution',
        tags: ['runs'],
        summary: 'Read an execution',
        description:
          'Secrets in output are masked at the satellite, byte for byte; `redaction` says where, by which rule, and the hash of what the node wrote.',
        params: z.object({ id: executionIdSchema }),
        response: { 200: executionSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const execution = await inOrganization(services.pool, member.organizationId, async (transaction) => {
        const found = await readExecution(transaction, request.params.id);
        if (found !== null) await requireRun(transaction, found.runId, runBoundsOf(member));
        return found;
      });
      if (execution === null) throw noSuch('execution');
      return execution;
    },
  );
}
