// The tunnel's frames. One WebSocket message is a msgpack array of frames. Strict: an unknown frame or field refuses.
// Bytes travel as Uint8Array.
import { z } from 'zod';
import {
  checkpointKeySchema,
  checkpointSchema,
  consistencyProofSchema,
  cosignatureSchema,
} from './domain/checkpoint.ts';
import { executionModeSchema, outcomeSchema, outputStreamSchema } from './domain/outcome.ts';
import { redactionSchema } from './domain/redaction.ts';

/**
 * Protocol versions this build speaks, newest first. The hello negotiates one. 2: checkpoints of the audit. 3: dispatch keys and the
 * satellite's own key change, and its state directory is there once. 4: its share of what may run at its site.
 */
export const protocolVersions = [4, 3, 2, 1] as const;
/**
 * With this code a satellite closes its tunnel when it stops and nothing that it began runs any more: its share of its site's limit is free.
 * After any other end of a tunnel something may run. Relays that don't know it take it for any other.
 */
export const nothingRunsCloseCode = 4200;
export const frameBytesMax = 4 * 1024 * 1024;
export const framesPerMessageMax = 4_096;
/** One output piece on the wire. */
export const outputPieceBytesMax = 256 * 1024;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes');
const executionId = z.string().max(64);
const offset = z.int().min(0);
const attempt = z.int().min(0).max(32_767);
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime({ offset: true });
/** Of a satellite's state directory: which connection it has had last. Whoever shows an older one is a copy of it. */
export const sessionSchema = z.strictObject({ counter: z.int().min(0).max(1e15), token: z.string().min(1).max(64) });
export type Session = z.infer<typeof sessionSchema>;
/** A satellite that was away gets all that it has missed. */
export const keyStatementsMax = 1_000;
/** A node says it, so it may be anything: only what every log and database can hold is one. */
export const bootIdSchema = z.string().regex(/^[\x21-\x7e]{1,64}$/);

/** Relay → satellite. */
export const relayFrameSchema = z.discriminatedUnion('t', [
  /** First word of every connection. `nonce`: 32 random bytes, base64url. */
  z.strictObject({ t: z.literal('challenge'), nonce: z.string(), relayId: z.string(), protocols: z.array(z.int()) }),
  z.strictObject({
    t: z.literal('welcome'),
    protocol: z.int(),
    satelliteId: z.string(),
    organizationId: z.string(),
    siteId: z.string(),
    connectionEpoch: z.int(),
    /** Milliseconds since 1970 at the relay; a skew over 30 s refuses work. */
    relayTimeMs: z.int(),
    /** Protocol 3. On disk before anything else of this connection is used; shown with the next hello. */
    session: sessionSchema.optional(),
  }),
  z.strictObject({ t: z.literal('refused'), code: z.string(), message: z.string() }),
  /** With every heartbeat: the relay's clock as it is now. What was measured at the welcome is forgotten. */
  z.strictObject({ t: z.literal('clock'), relayTimeMs: z.int() }),
  /** A signed envelope (compact JWS). */
  z.strictObject({
    t: z.literal('dispatch'),
    dispatchId: z.string(),
    envelope: z.string(),
    /** Of this hop, for logs. What the satellite believes is in the envelope. */
    traceparent: z.string().max(64).nullable(),
  }),
  /**
   * A signed inquiry (compact JWS): find out what became of commands that another satellite was sent. Lost, it is sent again until it
   * is acknowledged, or is too old.
   */
  z.strictObject({
    t: z.literal('inquiry'),
    inquiryId: z.string(),
    envelope: z.string(),
    traceparent: z.string().max(64).nullable(),
  }),
  /** Everything below `offset` of this stream is committed: free the spool. */
  z.strictObject({ t: z.literal('output-ack'), executionId, attempt, stream: outputStreamSchema, offset }),
  z.strictObject({ t: z.literal('outcome-ack'), executionId, revision: z.int() }),
  /** What do you know of these unfinished executions? Sent right after welcome. */
  z.strictObject({ t: z.literal('reconcile'), executionIds: z.array(executionId).max(20_000) }),
  /** Nothing of these starts any more. `stop`: guarded ones that run are ended as well, with TERM, then KILL. */
  z.strictObject({ t: z.literal('cancel'), executionIds: z.array(executionId).max(20_000), stop: z.boolean() }),
  /**
   * Protocol 2. Does this continue what you last saw of the audit? Lost, it is asked again; asked twice, it is signed twice. `proof`:
   * from the size that the relay believes was seen last.
   */
  z.strictObject({
    t: z.literal('checkpoint'),
    checkpoint: checkpointSchema,
    key: checkpointKeySchema,
    proof: consistencyProofSchema,
  }),
  /** Protocol 3. What the organization's dispatch keys say of each other (compact JWS each), in their order. Lost, it is told again. */
  z.strictObject({ t: z.literal('dispatch-keys'), statements: z.array(z.string().max(4_096)).max(keyStatementsMax) }),
  /** Protocol 3. From now on this is the satellite's key, and its former one opens nothing; or not, and why. */
  z.strictObject({
    t: z.literal('identity-changed'),
    publicKey: z.string().max(256),
    accepted: z.boolean(),
    message: z.string().max(500).nullable(),
  }),
  /**
   * Protocol 4. Of your site's commands so many may run through you at once, null: the site has no limit. An upper bound beside your own, which
   * it never raises. 0: none begins until others have made room. Told behind every welcome, before anything that may begin, and again when it
   * changes; while there is no connection nothing begins where there was a limit. So a frame that is lost lets nothing run.
   */
  z.strictObject({
    t: z.literal('site-share'),
    /** Of this connection; a later one replaces it. */
    sequence: z.int().min(1),
    runningMax: z.int().min(0).max(100_000).nullable(),
  }),
]);
export type RelayFrame = z.infer<typeof relayFrameSchema>;

/** Per execution, the satellite's own result. `revision` 1 is the first; a later discovery raises it. */
export const executionResultSchema = z.strictObject({
  executionId,
  revision: z.int().min(1).max(32_767),
  attempt,
  outcome: outcomeSchema,
  /** Satellite's clock, ISO; null when it never began. */
  startedAt: instant.nullable(),
  durationMs: z.int().min(0).nullable(),
  /** Bytes the command wrote, before truncation. */
  stdoutBytes: z.int().min(0),
  stderrBytes: z.int().min(0),
  /** Bytes kept, at most the limit. */
  stdoutKeptBytes: z.int().min(0),
  stderrKeptBytes: z.int().min(0),
  /** Hex SHA-256 of the kept bytes as they were sent, secrets masked; null when nothing began. */
  stdoutSha256: sha256Hex.nullable(),
  stderrSha256: sha256Hex.nullable(),
  /** Hex SHA-256 of outcome and normalised output, by which equal answers are grouped; version in front: `1:…`. */
  groupHash: z.string().max(80).nullable(),
  /** How it ran. Missing where nothing began, or where that is not known. */
  mode: executionModeSchema.optional(),
  /** What was masked in the kept bytes. Missing where nothing was. */
  redaction: redactionSchema.optional(),
});
export type ExecutionResult = z.infer<typeof executionResultSchema>;

/** Satellite → relay. */
export const satelliteFrameSchema = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('hello'),
    protocols: z.array(z.int()).max(16),
    /** SPKI DER, base64url, Ed25519. Identity comes from this key alone. */
    publicKey: z.string().max(256),
    /** Over `helloSigningInput(nonce, relayId, publicKey)`, base64url. */
    signature: z.string().max(256),
    version: z.string().max(64),
    satelliteTimeMs: z.int(),
    /** Random, made with the journal. Another one than last time: what the satellite knew is lost. */
    journalId: z.string().min(1).max(64),
    /** So many people's passkeys this satellite wants for a change. A hint for people: it decides by itself, whatever anybody made of this. */
    passkeysToChange: z.int().min(0).max(2).optional(),
    /** Protocol 3. What it believes: up to which statement, and which key is the newest. */
    dispatchKeys: z.strictObject({ sequence: z.int().min(1), newestKeyId: z.string().min(1).max(128) }).optional(),
    /** Protocol 3. Which connection this state directory has had last; null: none. */
    session: sessionSchema.nullable().optional(),
  }),
  /** Protocol 3. The session of the welcome is on disk. */
  z.strictObject({ t: z.literal('session-kept'), counter: z.int().min(1) }),
  /** Protocol 3. They are believed up to here, and that is on disk. */
  z.strictObject({
    t: z.literal('dispatch-keys-followed'),
    sequence: z.int().min(1),
    newestKeyId: z.string().min(1).max(128),
  }),
  /** Protocol 3. What came after `sequence` is not what the newest key would say. */
  z.strictObject({
    t: z.literal('dispatch-keys-refused'),
    sequence: z.int().min(1),
    code: z.string().max(64),
    message: z.string().max(500),
  }),
  /**
   * Protocol 3. Let this be my key. Both signatures are over `identityChangeInput` of this connection's challenge: the former key agrees,
   * and whoever speaks has the new one.
   */
  z.strictObject({
    t: z.literal('change-identity'),
    publicKey: z.string().max(256),
    formerSignature: z.string().max(256),
    signature: z.string().max(256),
  }),
  /**
   * Protocol 4. No more run here than the share of this `sequence`: what was taken back may be given to another satellite. Lost with its
   * connection, whose next one has a share of its own.
   */
  z.strictObject({ t: z.literal('site-share-kept'), sequence: z.int().min(1) }),
  /** Journaled (accepted), or refused before anything ran. */
  z.strictObject({
    t: z.literal('dispatch-ack'),
    dispatchId: z.string().max(64),
    accepted: z.boolean(),
    code: z.string().max(64).nullable(),
    message: z.string().max(500).nullable(),
  }),
  /** The same of an inquiry: journaled, or refused before anybody was asked. */
  z.strictObject({
    t: z.literal('inquiry-ack'),
    inquiryId: z.string().max(64),
    accepted: z.boolean(),
    code: z.string().max(64).nullable(),
    message: z.string().max(500).nullable(),
  }),
  z.strictObject({
    t: z.literal('started'),
    executionId,
    attempt,
    at: instant,
    /** The node's boot under which its guard was started; null for one that runs without. */
    bootId: bootIdSchema.nullable(),
  }),
  z.strictObject({
    t: z.literal('output'),
    executionId,
    attempt,
    stream: outputStreamSchema,
    offset,
    data: bytes,
  }),
  z.strictObject({ t: z.literal('result'), result: executionResultSchema }),
  z.strictObject({
    t: z.literal('reconciled'),
    executions: z
      .array(z.strictObject({ executionId, state: z.enum(['absent', 'journaled', 'running', 'finished']) }))
      .max(20_000),
  }),
  /** Protocol 2. It does, and it is kept as the last one that was seen. */
  z.strictObject({ t: z.literal('checkpoint-cosigned'), size: z.int().min(1), cosignature: cosignatureSchema }),
  /** Protocol 2. It is not signed. Told again whenever it is asked again. */
  z.strictObject({
    t: z.literal('checkpoint-refused'),
    size: z.int().min(1),
    /** `proof_starts_elsewhere`: nothing is wrong, the proof has to begin at `seenSize`. */
    code: z.enum([
      'proof_starts_elsewhere',
      'fork',
      'rolled_back',
      'signature_wrong',
      'key_unknown',
      'other_organization',
    ]),
    message: z.string().max(500),
    /** 0: it has seen none. */
    seenSize: z.int().min(0),
  }),
]);
export type SatelliteFrame = z.infer<typeof satelliteFrameSchema>;
