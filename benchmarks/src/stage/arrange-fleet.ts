// The fleet of a benchmark: sites, nodes and, where satellites are scripted, satellites with keys of their own. Written by the
// superuser, in bulk; enrolment of real satellites goes over the API.
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { newId } from '@sena/contracts/ids';
import type { Stage } from './open-stage.ts';

export interface NewNode {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly runAs: string;
  readonly hostKey: string | null;
}

export async function addSite(stage: Stage, name: string): Promise<string> {
  const id = newId('site');
  await stage.admin.query('insert into sites (id, organization_id, name) values ($1, $2, $3)', [
    id,
    stage.organizationId,
    name,
  ]);
  return id;
}

export async function addNodes(stage: Stage, siteId: string, nodes: readonly NewNode[]): Promise<void> {
  await stage.admin.query(
    `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, host_key)
     select n.id, $1, $2, n.name, n.address, n.port, n.run_as, 'default', n.host_key
     from unnest($3::text[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[]) as n (id, name, address, port, run_as, host_key)`,
    [
      stage.organizationId,
      siteId,
      nodes.map(() => newId('node')),
      nodes.map((node) => node.name),
      nodes.map((node) => node.address),
      nodes.map((node) => node.port),
      nodes.map((node) => node.runAs),
      nodes.map((node) => node.hostKey),
    ],
  );
}

/** After the nodes are there: what autovacuum does within a minute in a fleet that lives. */
export async function settleStatistics(stage: Stage): Promise<void> {
  await stage.admin.query('analyze');
}

export interface ScriptedIdentity {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** SPKI DER, base64url. */
  readonly publicKey: string;
}

export async function addSatellite(stage: Stage, siteId: string, name: string): Promise<ScriptedIdentity> {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('base64');
  const id = newId('sat');
  await stage.admin.query(
    'insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, $4, $5, $6)',
    [id, stage.organizationId, siteId, name, publicKey, `SHA256:${digest.replace(/=+$/, '')}`],
  );
  return { id, privateKey: pair.privateKey, publicKey };
}
