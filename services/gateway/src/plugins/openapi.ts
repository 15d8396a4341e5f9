// Describes the API in OpenAPI 3.1, from the schemas that routes check with. Adds to every route the problems that all routes
// of its kind have, so that no route has to repeat them.
import { STATUS_CODES } from 'node:http';
import fastifySwagger from '@fastify/swagger';
import { runEventSchema } from '@sena/contracts/domain/run-event';
import type { ErrorCode } from '@sena/contracts/errors';
import { apiKeySchema } from '@sena/contracts/http/api-keys';
import { approvalSchema } from '@sena/contracts/http/approvals';
import { auditEventSchema } from '@sena/contracts/http/audit';
import { nodeSchema, satelliteSchema, siteSchema } from '@sena/contracts/http/fleet';
import { invitationSchema, organizationMemberSchema } from '@sena/contracts/http/members';
import { problemSchema } from '@sena/contracts/http/problem';
import { executionSchema, outputGroupSchema, runSchema, runSummarySchema } from '@sena/contracts/http/runs';
import { scimErrorSchema, scimGroupSchema, scimUserSchema } from '@sena/contracts/http/scim';
import { meSchema, runbookSchema } from '@sena/contracts/http/session';
import { sessionSchema } from '@sena/contracts/http/sessions';
import type { RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { GatewayApp } from '../gateway-app.ts';
import { idempotencyHeadersSchema } from '../idempotency.ts';
import { declareProblems } from '../problems/declare-problems.ts';

/** Schemas that have a name in the document, and in the clients that are made from it. */
const named = {
  ApiKey: apiKeySchema,
  Approval: approvalSchema,
  AuditEvent: auditEventSchema,
  Execution: executionSchema,
  Invitation: invitationSchema,
  Me: meSchema,
  Member: organizationMemberSchema,
  Node: nodeSchema,
  OutputGroup: outputGroupSchema,
  Problem: problemSchema,
  Run: runSchema,
  RunEvent: runEventSchema,
  RunSummary: runSummarySchema,
  Runbook: runbookSchema,
  Satellite: satelliteSchema,
  ScimError: scimErrorSchema,
  ScimGroup: scimGroupSchema,
  ScimUser: scimUserSchema,
  Session: sessionSchema,
  Site: siteSchema,
};

for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema as z.ZodType, { id });

export const openapi = fp(
  async (app: GatewayApp, { publicUrl }: { publicUrl: string }) => {
    app.addHook('onRoute', declareCommonProblems);
    await app.register(fastifySwagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'SENA',
          version: '1.0.0',
          description:
            'Ask questions about servers and run commands on them. Send an API key as `Authorization: Bearer <key>`. ' +
            'Lists are `{items, nextCursor}`; pass `nextCursor` as `cursor` for the next page. ' +
            'Errors are RFC 9457 problems with a stable `code`. Ids of another organization answer 404. ' +
            '429 and 503 say in `Retry-After` when to try again.',
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: publicUrl }],
        tags: [
          { name: 'runs', description: 'Requests, from question to answer' },
          { name: 'approvals', description: 'What waits for a second person' },
          { name: 'policy', description: 'What SENA would say to a command' },
          { name: 'fleet', description: 'Sites, nodes and satellites' },
          { name: 'members', description: 'Who belongs to the organization, and the keys of their programs' },
          { name: 'directory', description: 'What an organization’s directory says about its people (SCIM 2.0)' },
          { name: 'audit', description: 'Who did what' },
          { name: 'session', description: 'Who is asking' },
          { name: 'service', description: 'The service itself' },
        ],
        components: {
          securitySchemes: {
            apiKey: { type: 'http', scheme: 'bearer', description: 'An API key' },
            scimToken: { type: 'http', scheme: 'bearer', description: 'A token of `POST /v1/scim-tokens`' },
            session: {
              type: 'apiKey',
              in: 'cookie',
              name: 'sena.session_token',
              description: 'A signed-in browser; over https its name begins with `__Host-`',
            },
          },
        },
      },
      transform: jsonSchemaTransform,
      transformObject: (document) => {
        const described = jsonSchemaTransformObject(document);
        return 'openapiObject' in document ? dropUnusedSchemas(described) : described;
      },
    });
  },
  { name: 'openapi', dependencies: ['problems'] },
);

function declareCommonProblems(route: RouteOptions): void {
  const { schema, config, url } = route;
  if (schema === undefined || (schema as { hide?: boolean }).hide) return;
  // It speaks SCIM, and says so itself.
  if (config?.access === 'directory') return;
  const open = config?.access === 'public';
  const codes: ErrorCode[] = ['rate_limited', 'internal'];
  if (!(schema.tags ?? []).includes('service')) codes.push('database_unavailable');
  if (!open) codes.push('unauthenticated', 'forbidden', 'key_not_allowed');
  if (!open && route.method !== 'GET') codes.push('origin_refused');
  if (url.includes(':')) codes.push('not_found');
  if (schema.headers === idempotencyHeadersSchema) codes.push('idempotency_key_reused', 'idempotency_in_progress');
  if (schema.body !== undefined) codes.push('bad_request', 'payload_too_large', 'unsupported_media_type');
  if (schema.body !== undefined || schema.querystring !== undefined || schema.headers !== undefined) {
    codes.push('validation_failed');
  }
  const own = (schema.response ?? {}) as Record<string, { description?: string }>;
  const common = declareProblems(...codes) as Record<string, { description: string }>;
  const merged = Object.fromEntries(
    Object.entries(own).map(([status, response]) => [status, describeSuccess(status, response)]),
  );
  for (const [status, problem] of Object.entries(common)) {
    const sentences = [own[status]?.description, problem.description].filter((text) => text !== undefined);
    merged[status] = { ...problem, description: [...new Set(sentences.join(' ').split(/(?<=\.) (?=`)/))].join(' ') };
  }
  route.schema = { ...schema, response: merged, security: open ? [] : [{ apiKey: [] }, { session: [] }] };
}

/** Plain schemas get the name of their status as description; OpenAPI wants one. */
function describeSuccess(status: string, response: object): { description?: string } {
  if (!(response instanceof z.ZodType)) return response;
  // A 204 has no body to describe.
  if (response instanceof z.ZodNull) return response;
  const description = response.description ?? STATUS_CODES[status] ?? status;
  return { description, content: { 'application/json': { schema: response } } } as { description: string };
}

type Document = ReturnType<typeof jsonSchemaTransformObject>;

/** Each named schema exists twice, as input and as output; only what something refers to stays. */
function dropUnusedSchemas(document: Document): Document {
  const components = (document as { components?: { schemas?: Record<string, unknown> } }).components;
  const schemas = components?.schemas ?? {};
  const { components: _, ...rest } = document as Record<string, unknown>;
  const used = new Set<string>();
  const visit = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name] ?? {});
    }
  };
  visit(rest);
  used.add('RunEvent');
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } } as Document;
}
