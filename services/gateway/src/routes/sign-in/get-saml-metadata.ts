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
      schema: { hide: true, params: z.object({ organization: idSchema('org') }) },
    },
    async (request, reply) =>
      reply.type('application/samlmetadata+xml').send(spMetadata(samlSettings(services), request.params.organization)),
  );
}
