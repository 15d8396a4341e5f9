// GET /v1/executions/{id}/output: the bytes a command wrote, exactly as they came from its satellite. Reads only, a bounded piece at a time.
import { Readable } from 'node:stream';
import { SenaError } from '@sena/contracts/errors';
import { outputQuerySchema } from '@sena/contracts/http/runs';
import { executionIdSchema } from '@sena/contracts/ids';
import { noSuch } from '@sena/contracts/no-such';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { readOutput, readOutputSize } from '@sena/runs/output/read-output';
import { requireRun } from '@sena/runs/run/require-run';
import { z } from 'zod';
import { runBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { type ByteRange, parseRange } from './parse-range.ts';

const binary = z.custom<Uint8Array>().meta({ type: 'string', format: 'binary' });
const content = { 'application/octet-stream': { schema: binary } };

/** What is read and held at once. */
const pieceBytes = 1024 * 1024;

export function getExecutionOutput(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/executions/:id/output',
    {
      config: { access: may.read },
      schema: {
        operationId: 'readOutput',
        tags: ['runs'],
        summary: 'Read the raw output of an execution',
        description:
          'Bytes as the command wrote them, but for secrets: each byte of one is an asterisk, and the execution says where. One range at a time: `Range: bytes=0-65535`.',
        params: z.object({ id: executionIdSchema }),
        querystring: outputQuerySchema,
        headers: z.object({ range: z.string().max(200).optional() }),
        response: {
          200: { description: 'The whole stream, as far as it is stored.', content },
          206: { description: 'The range that was asked for.', content },
          ...declareProblems('range_not_satisfiable'),
        },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { organizationId } = member;
      const { id } = request.params;
      const { stream } = request.query;
      const size = await inOrganization(services.pool, organizationId, async (transaction) => {
        const found = await readOutputSize(transaction, id, stream);
        if (found !== null) await requireRun(transaction, found.runId, runBoundsOf(member));
        return found;
      });
      if (size === null) throw noSuch('execution');

      reply.headers({
        'accept-ranges': 'bytes',
        'content-disposition': `attachment; filename="${id}.${stream}"`,
      });
      const asked = parseRange(request.headers.range, size.storedBytes);
      if (asked === 'unsatisfiable') {
        reply.header('content-range', `bytes */${size.storedBytes}`);
        throw new SenaError(
          'range_not_satisfiable',
          `The stream has ${size.storedBytes} bytes. Ask for some of those.`,
        );
      }
      const range = asked ?? { start: 0, end: size.storedBytes };
      if (asked !== null) {
        reply.code(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${size.storedBytes}`);
      }
      const pieces = readPieces(services.pool, {
        ...{ organizationId, executionId: id, stream, range },
        attempt: size.attempt,
      });
      return reply
        .header('content-length', range.end - range.start)
        .type('application/octet-stream')
        .send(Readable.from(pieces, { objectMode: false }) as never);
    },
  );
}

/** A transaction a piece: a slow reader holds no connection. All of one attempt: when that is gone the connection breaks, it does not end. */
async function* readPieces(
  pool: Pool,
  wanted: {
    readonly organizationId: string;
    readonly executionId: string;
    readonly attempt: number;
    readonly stream: 'stdout' | 'stderr';
    readonly range: ByteRange;
  },
): AsyncGenerator<Buffer> {
  const { organizationId, executionId, attempt, stream, range } = wanted;
  for (let at = range.start; at < range.end; ) {
    const length = Math.min(pieceBytes, range.end - at);
    const piece = await inOrganization(pool, organizationId, (transaction) =>
      readOutput(transaction, executionId, stream, at, length, attempt),
    );
    if (piece.length === 0)
      throw new Error(`output of ${executionId}, attempt ${attempt}, ends at ${at}, before ${range.end}`);
    at += piece.length;
    yield piece;
  }
}
