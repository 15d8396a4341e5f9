// GET /v1/audit-export: everything that is needed to verify the audit elsewhere, as NDJSON. Reads only, a bounded piece at a time.
import { Readable } from 'node:stream';
import { writeExport } from '@sena/audit/write-export';
import { auditExportQuerySchema } from '@sena/contracts/http/audit';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

const text = z.custom<string>().meta({ type: 'string' });

export function getAuditExport(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/audit-export',
    {
      config: { access: may.readAudit },
      schema: {
        operationId: 'exportAudit',
        tags: ['audit'],
        summary: 'Export the audit, with what proves it',
        description:
          'One JSON object a line: a header, every record with its place in the chain, checkpoints and who signed them, ' +
          'what is not sealed yet, and an end. `sena audit verify` checks it offline. Cut off, it goes on with `afterSeq`.',
        querystring: auditExportQuerySchema,
        response: {
          200: { description: 'The export.', content: { 'application/x-ndjson': { schema: text } } },
        },
      },
    },
    async (request, reply) => {
      const { organizationId } = memberOf(request);
      const lines = writeExport(services.pool, organizationId, request.query.afterSeq);
      return reply
        .headers({ 'content-disposition': `attachment; filename="audit-${organizationId}.ndjson"` })
        .type('application/x-ndjson')
        .send(Readable.from(lines, { objectMode: false }) as never);
    },
  );
}
