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
  readonly labels?: Record<string, string>;
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
    `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential, host_key, labels)
     select n.id, $1, $2, n.name, n.address, n.port, n.run_as, 'default', n.host_key, n.labels
     from unnest($3::text[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::jsonb[])
       as n (id, name, address, port, run_as, host_key, labels)`,
    [
      stage.organizationId,
      siteId,
      nodes.map(() => newId('node')),
      nodes.map((node) => node.name),
      nodes.map((node) => node.address),
      nodes.map((node) => node.port),
      nodes.map((node) => node.runAs),
      nodes.map((node) => node.hostKey),
      nodes.map((node) => JSON.stringify(node.labels ?? {})),
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

export async function addSatellites(stage: Stage, siteId: string, count: number): Promise<ScriptedIdentity[]> {
  const { rows } = await stage.admin.query<{ n: number }>('select count(*)::integer as n from satellites');
  const first = (rows[0]?.n ?? 0) + 1;
  const identities = Array.from({ length: count }, () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ type: 'spki', format: 'der' });
    const digest = createHash('sha256').update(der).digest('base64').replace(/=+$/, '');
    return { id: newId('sat'), privateKey, publicKey: der.toString('base64url'), fingerprint: `SHA256:${digest}` };
  });
  await stage.admin.query(
    `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint)
     select s.id, $1, $2, 'satellite-' || s.name, s.public_key, s.fingerprint
     from unnest($3::text[], $4::integer[], $5::text[], $6::text[]) as s (id, name, public_key, fingerprint)`,
    [
      stage.organizationId,
      siteId,
      identities.map(({ id }) => id),
      identities.map((_, index) => first + index),
      identities.map(({ publicKey }) => publicKey),
      identities.map(({ fingerprint }) => fingerprint),
    ],
  );
  return identities;
}
