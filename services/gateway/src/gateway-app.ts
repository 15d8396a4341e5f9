// The Fastify instance as every route and plugin of the gateway sees it. Types only.
import type { Directory } from '@sena/auth/scim/scim-tokens';
import type { Permission } from '@sena/contracts/domain/permission';
import type { Member } from '@sena/contracts/domain/principal';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

export type GatewayApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Who may call a route: anybody, any member, a member with this permission, or an organization's directory (SCIM). A route that does not say so is not registered. */
export type Access = 'public' | 'member' | 'directory' | Permission;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Other sites' pages may send browsers here: the route believes no cookie. */
    fromOtherSites?: boolean;
  }
  interface FastifyRequest {
    /** Set by authentication before any handler of a route that is not public. */
    member: Member | null;
    /** Set by authentication before any handler of a route for directories. */
    directory: Directory | null;
    /** W3C trace context, the caller's or our own. */
    traceparent: string;
    /** The stable code of the problem that was answered, for the log line. */
    problemCode: string | null;
  }
}
