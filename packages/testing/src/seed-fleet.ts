// For tests that need an organization with servers: rows of their own, written by the superuser. The satellites' keys are real.
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import pg from 'pg';

export interface SeededSatellite {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** SPKI DER, base64url. */
  readonly publicKeySpki: string;
}

export interface SeededNode {
  readonly nodeId: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string | null;
  readonly runAs: string;
  readonly credential: string;
}

export interface SeededFleet {
  readonly organizationId: string;
  readonly siteId: string;
  readonly satellites: readonly SeededSatellite[];
  /** `web-001` and so on, in the order of their ids. */
  readonly nodes: readonly SeededNode[];
}

/** One site. Every call makes another organization. */
export async function seedFleet(
  adminUrl: string,
  { nodes = 2, satellites = 1 }: { nodes?: number; satellites?: number } = {},
): Promise<SeededFleet> {
  const organizationId = `org_${randomUUID()}`;
  const siteId = `site_${randomUUID()}`;
  const fleet: SeededFleet = {
    organizationId,
    siteId,
    satellites: Array.from({ length: satellites }, createSatellite),
    nodes: Array.from({ length: nodes }, (_, index) => ({
      nodeId: `node_${randomUUID()}`,
      name: `web-${String(index + 1).padStart(3, '0')}`,
      address: `10.0.${index >> 8}.${index & 255}`,
      port: 22,
      hostKey: null,
      runAs: 'sena',
      credential: 'default',
    })).toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1)),
  };
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    await insertFleet(client, fleet);
  } finally {
    await client.end();
  }
  return fleet;
}

function createSatellite(): SeededSatellite {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeySpki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  return { id: `sat_${randomUUID()}`, privateKey, publicKeySpki };
}

async function insertFleet(client: pg.Client, { organizationId, siteId, satellites, nodes }: SeededFleet) {
  await client.query('insert into sena.organizations (organization_id, name) values ($1, $1)', [organizationId]);
  await client.query(`insert into sena.sites (id, organization_id, name) values ($1, $2, 'hall')`, [
    siteId,
    organizationId,
  ]);
  for (const [index, { id, publicKeySpki }] of satellites.entries()) {
    const digest = createHash('sha256').update(Buffer.from(publicKeySpki, 'base64url')).digest('base64');
    await client.query(
      `insert into sena.satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, $4, $5, $6)`,
      [id, organizationId, siteId, `sat-${index + 1}`, publicKeySpki, `SHA256:${digest.replace(/=+$/, '')}`],
    );
  }
  await client.query(
    `insert into sena.nodes (id, organization_id, site_id, name, address, port, run_as, credential)
     select n.id, $1, $2, n.name, n.address, 22, 'sena', 'default' from unnest($3::text[], $4::text[], $5::text[]) as n (id, name, address)`,
    [
      organizationId,
      siteId,
      nodes.map((node) => node.nodeId),
      nodes.map((node) => node.name),
      nodes.map((node) => node.address),
    ],
  );
}
