// Entered by approvals (what a person approves), the signer (what was approved is what it signs) and the satellite (its
// part of it). Pure: any byte of the action changed gives another digest.
import { createHash } from 'node:crypto';
import type { Action, ActionProof, DispatchEnvelope } from '@sena/contracts/envelope';
import canonicalize from 'canonicalize';

// The tree, each step hashed as SHA-256 over RFC 8785 JSON that begins with its own name, so that no leaf can stand in
// for a branch:
//   digest ─┬─ header: organization, run, approval nonce, validity
//           └─ one leaf a satellite ── one leaf a command: step, shell, text, environment, limits, sorted nodes
// A satellite that holds the header and the other leaves can recompute the digest from its own envelope.

type ActionCommand = Action['commands'][number];
type LeafNode = Omit<ActionCommand['nodes'][number], 'satelliteId'>;
type LeafCommand = Omit<ActionCommand, 'nodes'> & { nodes: ReadonlyArray<LeafNode> };
type Digest = `sha256:${string}`;

/** An action, each of its nodes hashed once, however many satellites ask for their proof. */
export interface HashedAction {
  /** `sha256:` and 64 hex digits. The order of commands, nodes and keys does not matter; everything else does. */
  readonly digest: Digest;
  readonly notBefore: Date;
  readonly expiresAt: Date;
  /** What lets one satellite recompute the digest from its envelope; travels in the envelope's approval. */
  proofOf(satelliteId: string): ActionProof;
}

export function hashAction(action: Action): HashedAction {
  const commandLeaves = new Map<string, Digest[]>();
  for (const command of action.commands) {
    for (const [satelliteId, nodes] of Map.groupBy(command.nodes, (node) => node.satelliteId)) {
      const leaves = commandLeaves.get(satelliteId) ?? [];
      leaves.push(hashCommand({ ...command, nodes }));
      commandLeaves.set(satelliteId, leaves);
    }
  }
  for (const leaves of commandLeaves.values()) leaves.sort();
  const satellites = [...commandLeaves]
    .map(([id, leaves]) => ({ id, leaf: hashSatellite(id, leaves) }))
    .sort((a, b) => (a.leaf < b.leaf ? -1 : 1));
  return {
    notBefore: new Date(action.notBefore),
    expiresAt: new Date(action.expiresAt),
    digest: digestOf(
      action,
      satellites.map(({ leaf }) => leaf),
    ),
    proofOf: (satelliteId) => ({
      approvalNonce: action.approvalNonce,
      notBefore: action.notBefore,
      expiresAt: action.expiresAt,
      commandLeaves: commandLeaves.get(satelliteId) ?? [],
      satelliteLeaves: satellites.flatMap(({ id, leaf }) => (id === satelliteId ? [] : [leaf])),
    }),
  };
}

export function actionDigest(action: Action): Digest {
  return hashAction(action).digest;
}

/** What a passkey signs for this digest: its 32 bytes, base64url. */
export function actionChallenge(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new Error('An action digest is sha256: and 64 hex digits.');
  return Buffer.from(hex, 'hex').toString('base64url');
}

/** The leaf of this envelope's command: text, shell, environment, limits and exactly its nodes. */
export function commandLeaf(envelope: DispatchEnvelope): string {
  return hashCommand(envelope);
}

/** True when the digest covers exactly this envelope's command and nodes, at this satellite. `own`: its leaf, for who has it already. */
export function isCoveredByDigest(
  envelope: DispatchEnvelope,
  proof: ActionProof,
  digest: string,
  own: string = commandLeaf(envelope),
): boolean {
  if (!proof.commandLeaves.includes(own)) return false;
  const header = { ...proof, v: envelope.v, organizationId: envelope.organizationId, runId: envelope.runId };
  return (
    digestOf(header, [...proof.satelliteLeaves, hashSatellite(envelope.satelliteId, proof.commandLeaves)]) === digest
  );
}

function hashCommand({ step, shell, command, environment, limits, nodes }: LeafCommand): Digest {
  const sorted = nodes
    .map(({ nodeId, name, address, port, hostKey, runAs, credential }) => ({
      nodeId,
      name,
      address,
      port,
      hostKey,
      runAs,
      credential,
    }))
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : a.nodeId > b.nodeId ? 1 : 0));
  return hash('sena-action-command', { step, shell, command, environment, limits, nodes: sorted });
}

function hashSatellite(satelliteId: string, leaves: readonly string[]): Digest {
  return hash('sena-action-satellite', { satelliteId, commands: [...leaves].sort() });
}

function digestOf(
  header: Pick<Action, 'v' | 'organizationId' | 'runId' | 'approvalNonce' | 'notBefore' | 'expiresAt'>,
  leaves: readonly string[],
): Digest {
  const { v, organizationId, runId, approvalNonce, notBefore, expiresAt } = header;
  return hash('sena-action', {
    header: { v, organizationId, runId, approvalNonce, notBefore, expiresAt },
    satellites: [...leaves].sort(),
  });
}

function hash(name: string, value: object): Digest {
  const text = canonicalize([name, value]);
  if (text === undefined) throw new Error('An action has no canonical form.');
  return `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;
}
