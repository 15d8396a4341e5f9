// What SENA's half of SCIM does and keeps, as RFC 7643 has it told. The same for every organization.
import { scimDescriptionListSchema, scimDescriptionSchema } from '@sena/contracts/http/scim';
import type { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { describeScim } from './describe-scim.ts';
import { listAnswer, resourcesMax } from './directory-of.ts';

const config = { access: 'directory' } as const;
const core = 'urn:ietf:params:scim:schemas:core:2.0';

const attribute = (name: string, of: object = {}) => ({
  ...{ name, type: 'string', multiValued: false, required: false, caseExact: false, mutability: 'readWrite' },
  ...{ returned: 'default', uniqueness: 'none' },
  ...of,
});
const schemas = [
  {
    id: `${core}:User`,
    name: 'User',
    description: 'Somebody who is to belong to the organization',
    attributes: [
      attribute('userName', { required: true, mutability: 'immutable', uniqueness: 'server' }),
      attribute('externalId', { caseExact: true }),
      attribute('displayName'),
      attribute('active', { type: 'boolean' }),
    ],
  },
  {
    id: `${core}:Group`,
    name: 'Group',
    description: 'sena-viewer, sena-operator and sena-approver give these roles',
    attributes: [
      attribute('displayName', { required: true, uniqueness: 'server' }),
      attribute('externalId', { caseExact: true }),
      attribute('members', {
        ...{ type: 'complex', multiValued: true },
        subAttributes: [attribute('value', { required: true, mutability: 'immutable' })],
      }),
    ],
  },
];

const described = (name: string, summary: string, answer: z.ZodType) =>
  describeScim({ operationId: `getScim${name}`, summary, status: 200, answer }, {});

export function scimDescriptions(scim: GatewayApp, services: Services): void {
  const base = `${services.settings.publicUrl}/scim/v2`;
  const resourceTypes = ['User', 'Group'].map((name) => ({
    schemas: [`${core}:ResourceType`],
    ...{ id: name, name, endpoint: `/${name}s`, schema: `${core}:${name}` },
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }));
  scim.get(
    '/ServiceProviderConfig',
    { config, schema: described('Config', 'What can be done here', scimDescriptionSchema) },
    async () => ({
      schemas: [`${core}:ServiceProviderConfig`],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: resourcesMax },
      changePassword: { supported: false },
      sort: { supported: false },
      etag: { supported: false },
      authenticationSchemes: [
        { type: 'oauthbearertoken', name: 'SCIM token', description: 'A token of POST /v1/scim-tokens', primary: true },
      ],
      meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
    }),
  );
  scim.get(
    '/ResourceTypes',
    { config, schema: described('ResourceTypes', 'What there is here', scimDescriptionListSchema) },
    async () => listAnswer(resourceTypes, resourceTypes.length, { skipped: 0 }),
  );
  scim.get(
    '/Schemas',
    { config, schema: described('Schemas', 'What is kept of it', scimDescriptionListSchema) },
    async () => listAnswer(schemas, schemas.length, { skipped: 0 }),
  );
}
