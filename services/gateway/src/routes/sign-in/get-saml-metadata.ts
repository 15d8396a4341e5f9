// GET /api/auth/saml/{organization}/metadata: what a SAML provider is told about SENA. Looks nothing up: it says nothing about who exists.
import { spMetadata } from '@sena/auth/saml/sp-metadata';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { samlSettings } from './provider-settings.ts';

export function getSamlMetadata(app: GatewayApp, services: Services): void {
  app.get(
    '/api/auth/saml/:organization/metadata',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getSamlMetadata',
        tags: ['session'],
        summary: 'Read what a SAML provider is to know of SENA',
        description: 'The same for every id, whether or not there is such an organization.',
        params: z.object({ organization: idSchema('org') }),
        response: {
          200: { description: 'Metadata', content: { 'application/samlmetadata+xml': { schema: z.string() } } },
        } as Record<never, never>,
      },
    },
    async (request, reply) =>
      reply.type('application/samlmetadata+xml').send(spMetadata(samlSettings(services), request.params.organization)),
  );
}
