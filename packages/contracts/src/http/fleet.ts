// /v1/sites, /v1/nodes, /v1/satellites, join tokens and enrolment.
import { z } from 'zod';
import { pageQuerySchema, pageSchema, timestampSchema } from './page.ts';
import { selectorSchema } from './runs.ts';

export const fleetNameSchema = z
  .string()
  .trim()
  .regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/, 'letters, digits, dot, dash and underscore; at most 63');
export const labelsSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9_.-]{0,62}$/), z.string().max(63))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels');

const runningMax = z
  .int()
  .min(1)
  .max(100_000)
  .nullable()
  .describe(
    'So many commands run at this site at once, all its satellites together; null: as many as each of them allows.',
  );

export const siteSchema = z.object({
  id: z.string(),
  name: z.string(),
  runningMax,
  nodeCount: z.int(),
  satelliteCount: z.int(),
  satellitesConnected: z.int(),
  createdAt: timestampSchema,
});
export type Site = z.infer<typeof siteSchema>;
export const sitePageSchema = pageSchema(siteSchema);
export const createSiteBodySchema = z.strictObject({ name: fleetNameSchema });
export const changeSiteBodySchema = z.strictObject({ runningMax });
export type ChangeSiteBody = z.infer<typeof changeSiteBodySchema>;

export const nodeSchema = z.object({
  id: z.string(),
  name: z.string(),
  site: z.object({ id: z.string(), name: z.string() }),
  address: z.string(),
  port: z.int(),
  runAs: z.string(),
  credential: z.string(),
  hostKey: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  createdAt: timestampSchema,
});
export type Node = z.infer<typeof nodeSchema>;
export const nodeListQuerySchema = pageQuerySchema.extend({
  selector: selectorSchema.optional(),
  siteId: z.string().optional(),
});
export const nodePageSchema = pageSchema(nodeSchema);
export const createNodeBodySchema = z.strictObject({
  name: fleetNameSchema,
  siteId: z.string(),
  address: z
    .string()
    .trim()
    .regex(/^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?|[0-9a-fA-F:.]{2,45})$/, 'a host name or an IP address'),
  port: z.int().min(1).max(65_535).default(22),
  runAs: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'a login name')
    .default('root'),
  credential: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,64}$/, 'the name of a credential in the satellite’s configuration')
    .default('default'),
  hostKey: z
    .string()
    .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint as ssh-keygen -lf prints it')
    .nullable()
    .default(null),
  labels: labelsSchema.default({}),
});
export type CreateNodeBody = z.infer<typeof createNodeBodySchema>;

export const satelliteSchema = z.object({
  id: z.string(),
  name: z.string(),
  site: z.object({ id: z.string(), name: z.string() }),
  status: z.enum(['connected', 'disconnected', 'locked', 'revoked']),
  fingerprint: z.string(),
  version: z.string().nullable(),
  lastSeenAt: timestampSchema.nullable(),
  /** The newest dispatch key that it has said it believes. */
  dispatchKeyId: z.string().nullable(),
  /**
   * `locked` alone: its state directory exists twice, or was restored from a backup. Which connection each copy has had last, and from where
   * they came.
   */
  lock: z
    .object({
      at: timestampSchema,
      shownCounter: z.int().nullable(),
      keptCounter: z.int(),
      address: z.string().nullable(),
      formerAddress: z.string().nullable(),
    })
    .nullable(),
  createdAt: timestampSchema,
});
export type Satellite = z.infer<typeof satelliteSchema>;
export const satellitePageSchema = pageSchema(satelliteSchema);

export const createJoinTokenBodySchema = z.strictObject({
  expiresInSeconds: z.int().min(60).max(86_400).default(3_600),
});
export const joinTokenSchema = z.object({
  id: z.string(),
  /** Shown once. */
  token: z.string(),
  siteId: z.string(),
  expiresAt: timestampSchema,
  /** `SHA256:…` of the organization's dispatch-signing key, which the satellite pins. */
  dispatchKeyFingerprint: z.string(),
  /** The whole line to paste at the site. */
  command: z.string(),
});
export type JoinToken = z.infer<typeof joinTokenSchema>;

/** POST /v1/enrolments: the only route that takes a join token instead of a key. */
export const enrolBodySchema = z.strictObject({
  token: z.string().min(20).max(200),
  name: fleetNameSchema,
  /** SPKI DER, base64url, Ed25519. */
  publicKey: z.string().max(256),
  /** The fingerprints that the satellite was given to pin; the join token's is among them. */
  pins: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'SHA256: and 43 characters, as the join command has it'))
    .min(1)
    .max(8),
  /** Ed25519, base64url, by the private key of `publicKey`, over the token's hash, the pins and the public key: that the key is there. */
  proof: z.string().max(128),
  version: z.string().max(64),
});
export const enrolledSchema = z.object({
  satelliteId: z.string(),
  organizationId: z.string(),
  siteId: z.string(),
  /** ws(s) address of the tunnel. */
  tunnelUrl: z.string(),
  dispatchKeys: z.array(
    z.object({
      keyId: z.string(),
      publicKey: z.string(),
      fingerprint: z.string(),
      /** Of the statement that made it the newest; the first key has 1. */
      sequence: z.int().min(1).default(1),
    }),
  ),
});
export type Enrolled = z.infer<typeof enrolledSchema>;

/** The organization's dispatch keys: satellites believe what one of them has signed. */
export const dispatchKeySchema = z.object({
  id: z.string(),
  fingerprint: z.string(),
  /** `newest`: join commands pin it. `believed`: signs for satellites that have not learned the newest yet. */
  status: z.enum(['newest', 'believed', 'retired']),
  /** Satellites, not revoked, for which it is the newest that they believe. */
  satelliteCount: z.int(),
  createdAt: timestampSchema,
  retiredAt: timestampSchema.nullable(),
});
export type DispatchKeyState = z.infer<typeof dispatchKeySchema>;
export const dispatchKeyListSchema = z.object({
  items: z.array(dispatchKeySchema),
  /** What was asked for and the signer has not done yet, or has refused lately. */
  requests: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['rotation', 'retirement']),
      keyId: z.string().nullable(),
      requestedBy: z.string(),
      createdAt: timestampSchema,
      refusal: z.string().nullable(),
    }),
  ),
});
export type DispatchKeyList = z.infer<typeof dispatchKeyListSchema>;
export const dispatchKeyRequestSchema = z.object({ id: z.string(), kind: z.enum(['rotation', 'retirement']) });
export type DispatchKeyRequest = z.infer<typeof dispatchKeyRequestSchema>;
/** For the audit: why. */
const reason = z.string().trim().min(1).max(500).nullable().default(null);
export const rotateDispatchKeyBodySchema = z.strictObject({ reason });
export const retireDispatchKeyBodySchema = z.strictObject({
  reason,
  /** Although satellites have not learned a newer one. They will, when they connect; what waits for them is signed anew. */
  force: z.boolean().default(false),
});
