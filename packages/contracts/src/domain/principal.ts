// Who acts: a member (by session or API key), or one of SENA's own services; and who an audit record says did something.
import { z } from 'zod';
import { permissionSchema } from './permission.ts';

export const roleSchema = z.enum(['owner', 'admin', 'operator', 'approver', 'viewer']);
export type Role = z.infer<typeof roleSchema>;

/** An API key, as it was called when it was used: its row goes when it is revoked. */
export const actingKeySchema = z.object({ id: z.string(), name: z.string() });
export type ActingKey = z.infer<typeof actingKeySchema>;

/** A member as what they did names them. `key`: the API key that it was done with; null: none was. */
export const actingMemberSchema = z.object({ id: z.string(), name: z.string(), key: actingKeySchema.nullable() });
export type ActingMember = z.infer<typeof actingMemberSchema>;

export const principalSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('member'),
    organizationId: z.string(),
    userId: z.string(),
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    /** A selector: nothing beyond the nodes it picks is theirs to read, run on or decide about. null: every node. */
    scope: z.string().nullable(),
    /** How this request proved it. */
    by: z.enum(['session', 'api_key', 'service_token']),
    /** The session or the API key that proved it; null for a service token. */
    credentialId: z.string().nullable(),
    /** The API key, when it was one. */
    key: actingKeySchema.nullable(),
    /** What an API key is limited to; null: whatever its member may do. */
    keyPermissions: z.array(permissionSchema).nullable(),
  }),
  z.object({ kind: z.literal('service'), organizationId: z.string(), service: z.string() }),
  z.object({ kind: z.literal('satellite'), organizationId: z.string(), satelliteId: z.string() }),
]);
export type Principal = z.infer<typeof principalSchema>;
export type Member = Extract<Principal, { kind: 'member' }>;

/** The one string by which an audit row and an approval name who acted. It is the same however they proved who they are. */
export function principalRef(principal: Principal): string {
  switch (principal.kind) {
    case 'member':
      return `member:${principal.userId}`;
    case 'service':
      return `service:${principal.service}`;
    case 'satellite':
      return `satellite:${principal.satelliteId}`;
  }
}

/** A member acts with what they brought; for the others their name says it all. Only `actorOf` makes a member's. */
export interface MemberActor {
  readonly ref: string;
  readonly key: ActingKey | null;
}
export type Actor = `service:${string}` | `satellite:${string}` | MemberActor;

export function actorOf(member: Member): MemberActor {
  return { ref: principalRef(member), key: member.key };
}

export function actorRef(actor: Actor): string {
  return typeof actor === 'string' ? actor : actor.ref;
}
