// /scim/v2/Users: who belongs, as the directory says it. Whose membership ends is out at once: keys, sessions and what they follow.
import { inIdentityOf } from '@sena/auth/in-identity';
import {
  changeScimUser,
  createScimUser,
  deleteScimUser,
  listScimUsers,
  readScimUser,
  type ScimUser,
} from '@sena/auth/scim/scim-users';
import {
  scimListQuerySchema,
  scimPatchBodySchema,
  scimUserBodySchema,
  scimUserListSchema,
  scimUserSchema,
} from '@sena/contracts/http/scim';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { describeScim } from './describe-scim.ts';
import { directoryOf, listAnswer, pageOf } from './directory-of.ts';
import { readFilter } from './read-filter.ts';
import { readUserPatch } from './read-user-patch.ts';

const params = z.object({ id: idSchema('scimu') });
const config = { access: 'directory' } as const;

export function scimUserRoutes(scim: GatewayApp, services: Services): void {
  const show = (user: ScimUser) => {
    const { id, userName, externalId, displayName, active, groups } = user;
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      ...{ id, userName, active },
      ...(externalId === null ? {} : { externalId }),
      ...(displayName === null ? {} : { displayName, name: { formatted: displayName } }),
      emails: [{ value: userName, primary: true }],
      groups,
      meta: {
        resourceType: 'User',
        created: user.createdAt.toISOString(),
        lastModified: user.updatedAt.toISOString(),
        location: `${services.settings.publicUrl}/scim/v2/Users/${id}`,
      },
    };
  };
  const tellEnded = (organizationId: string, userIds: readonly string[]) => {
    for (const userId of userIds) void services.signals.ring(organizationId, 'memberChanged', { userId });
  };

  scim.get(
    '/Users',
    {
      config,
      schema: describeScim(
        {
          operationId: 'listScimUsers',
          summary: 'List the users of the directory',
          status: 200,
          answer: scimUserListSchema,
        },
        { querystring: scimListQuerySchema },
      ),
    },
    async (request) => {
      const filter = readFilter(request.query.filter, ['userName', 'externalId', 'id']);
      const page = pageOf(request.query);
      const { users, total } = await listScimUsers(services.auth.pool, directoryOf(request), { filter, ...page });
      return listAnswer(users.map(show), total, page);
    },
  );
  scim.get(
    '/Users/:id',
    {
      config,
      schema: describeScim(
        { operationId: 'getScimUser', summary: 'Read a user of the directory', status: 200, answer: scimUserSchema },
        { params },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      return inIdentityOf(services.auth.pool, directory.organizationId, null, async (client) =>
        show(await readScimUser(client, directory, request.params.id)),
      );
    },
  );
  scim.post(
    '/Users',
    {
      config,
      schema: describeScim(
        {
          operationId: 'createScimUser',
          summary: 'Create a user of the directory',
          status: 201,
          answer: scimUserSchema,
        },
        { body: scimUserBodySchema },
      ),
    },
    async (request, reply) => {
      const directory = directoryOf(request);
      const { user, endedUserIds } = await createScimUser(services.auth.pool, directory, wantedOf(request.body));
      tellEnded(directory.organizationId, endedUserIds);
      return reply.code(201).header('location', show(user).meta.location).send(show(user));
    },
  );
  scim.put(
    '/Users/:id',
    {
      config,
      schema: describeScim(
        {
          operationId: 'replaceScimUser',
          summary: 'Replace a user of the directory',
          status: 200,
          answer: scimUserSchema,
        },
        { params, body: scimUserBodySchema },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      const change = wantedOf(request.body);
      const { user, endedUserIds } = await changeScimUser(services.auth.pool, directory, {
        id: request.params.id,
        change,
      });
      tellEnded(directory.organizationId, endedUserIds);
      return show(user);
    },
  );
  scim.patch(
    '/Users/:id',
    {
      config,
      schema: describeScim(
        {
          operationId: 'changeScimUser',
          summary: 'Change a user of the directory',
          status: 200,
          answer: scimUserSchema,
        },
        { params, body: scimPatchBodySchema },
      ),
    },
    async (request) => {
      const directory = directoryOf(request);
      const change = readUserPatch(request.body);
      const { user, endedUserIds } = await changeScimUser(services.auth.pool, directory, {
        id: request.params.id,
        change,
      });
      tellEnded(directory.organizationId, endedUserIds);
      return show(user);
    },
  );
  scim.delete(
    '/Users/:id',
    {
      config,
      schema: describeScim(
        { operationId: 'deleteScimUser', summary: 'Delete a user of the directory', status: 204, answer: null },
        { params },
      ),
    },
    async (request, reply) => {
      const directory = directoryOf(request);
      tellEnded(directory.organizationId, await deleteScimUser(services.auth.pool, directory, request.params.id));
      return reply.code(204).send();
    },
  );
}

function wantedOf(body: z.infer<typeof scimUserBodySchema>) {
  return {
    userName: body.userName,
    externalId: body.externalId ?? null,
    displayName: body.displayName ?? body.name?.formatted ?? null,
    active: body.active,
  };
}
