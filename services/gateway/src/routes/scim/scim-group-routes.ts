// /scim/v2/Groups: the directory's groups. Those that are named for a role give it, from the next request of their members on.
import { inIdentityOf } from '@sena/auth/in-identity';
import {
  changeScimGroup,
  createScimGroup,
  deleteScimGroup,
  listScimGroups,
  readScimGroup,
  type ScimGroup,
} from '@sena/auth/scim/scim-groups';
import {
  scimGroupBodySchema,
  scimGroupListSchema,
  scimGroupSchema,
  scimListQuerySchema,
  scimPatchBodySchema,
} from '@sena/contracts/http/scim';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { describeScim } from './describe-scim.ts';
import { directoryOf, listAnswer, pageOf } from './directory-of.ts';
import { readFilter } from './read-filter.ts';
import { readGroupPatch } from './read-group-patch.ts';

const params = z.object({ id: idSchema('scimg') });
const config = { access: 'directory' } as const;

export function scimGroupRoutes(scim: GatewayApp, services: Services): void {
  const show = (group: ScimGroup) => {
    const { id, displayName, externalId, members } = group;
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      ...{ id, displayName, members },
      ...(externalId === null ? {} : { externalId }),
      meta: {
        resourceType: 'Group',
        created: group.createdAt.toISOString(),
        lastModified: group.updatedAt.toISOString(),
        location: `${services.settings.publicUrl}/scim/v2/Groups/${id}`,
      },
    };
  };
  const tellChanged = (organizationId: string, userIds: readonly string[]) => {
    for (const userId of userIds) void services.signals.ring(organizationId, 'memberChanged', { userId });
  };
  const membersOf = (body: z.infer<typeof scimGroupBodySchema>) => (body.members ?? []).map(({ value }) => value);

  scim.get(
    '/Groups',
    {
      config,
      schema: describeScim(
        {
          operationId: 'listScimGroups',
          summary: 'List the groups of the directory',
          status: 200,
          answer: scimGroupListSchema,
        },
        { querystring: scimListQuerySchema },
      ),
    },
    async (request) => {
      const filter = readFilter(request.query.filter, ['displayName', 'externalId', 'id']);
      const page = pageOf(request.query);
      const { groups, total } = await listScimGroups(services.auth.pool, directoryOf(request), { filter, ...page });
      return listAnswer(groups.map(show), total, page);
    },
  );
  scim.get(
    '/Groups/:id',
    {
      config,
      schema: describeScim(
        { operationId: 'getScimGroup', summary: 'Read a group of the directory', status: 200, answer: scimGroupSchema },
        { params },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      return inIdentityOf(services.auth.pool, directory.organizationId, null, async (client) =>
        show(await readScimGroup(client, directory, request.params.id)),
      );
    },
  );
  scim.post(
    '/Groups',
    {
      config,
      schema: describeScim(
        {
          operationId: 'createScimGroup',
          summary: 'Create a group of the directory',
          status: 201,
          answer: scimGroupSchema,
        },
        { body: scimGroupBodySchema },
      ),
    },
    async (request, reply) => {
      const directory = directoryOf(request);
      const { displayName, externalId } = request.body;
      const wanted = { displayName, externalId: externalId ?? null, members: membersOf(request.body) };
      const { group, changedUserIds } = await createScimGroup(services.auth.pool, directory, wanted);
      tellChanged(directory.organizationId, changedUserIds);
      return reply.code(201).header('location', show(group).meta.location).send(show(group));
    },
  );
  scim.put(
    '/Groups/:id',
    {
      config,
      schema: describeScim(
        {
          operationId: 'replaceScimGroup',
          summary: 'Replace a group of the directory',
          status: 200,
          answer: scimGroupSchema,
        },
        { params, body: scimGroupBodySchema },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      const { displayName, externalId } = request.body;
      const members = membersOf(request.body);
      const { group, changedUserIds } = await changeScimGroup(services.auth.pool, directory, {
        id: request.params.id,
        change: { displayName, externalId: externalId ?? null, members: () => members },
      });
      tellChanged(directory.organizationId, changedUserIds);
      return show(group);
    },
  );
  scim.patch(
    '/Groups/:id',
    {
      config,
      schema: describeScim(
        {
          operationId: 'changeScimGroup',
          summary: 'Change a group of the directory',
          status: 200,
          answer: scimGroupSchema,
        },
        { params, body: scimPatchBodySchema },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      const change = readGroupPatch(request.body);
      const { group, changedUserIds } = await changeScimGroup(services.auth.pool, directory, {
        id: request.params.id,
        change,
      });
      tellChanged(directory.organizationId, changedUserIds);
      return show(group);
    },
  );
  scim.delete(
    '/Groups/:id',
    {
      config,
      schema: describeScim(
        { operationId: 'deleteScimGroup', summary: 'Delete a group of the directory', status: 204, answer: null },
        { params },
      ),
    },
    async (request, reply) => {
      const directory = directoryOf(request);
      tellChanged(directory.organizationId, await deleteScimGroup(services.auth.pool, directory, request.params.id));
      return reply.code(204).send();
    },
  );
}
