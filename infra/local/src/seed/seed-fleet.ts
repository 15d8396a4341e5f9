// Registers sites and nodes through the API, like any client. What is there already stays; a host that has moved is registered anew.
// Entered when the lab is up. Touches those sites and nodes only.
import { type Node, nodeSchema, type Site, siteSchema } from '@sena/contracts/http/fleet';
import { z } from 'zod';
import { type ApiAccess, callApi } from '../api/call-api.ts';
import { listAll } from '../api/list-all.ts';

export type SeededNode = {
  name: string;
  address: string;
  port: number;
  runAs: string;
  /** `SHA256:…` */
  hostKey: string;
  labels: Record<string, string>;
};
export type SeededSite = { name: string; nodes: SeededNode[] };

/** @returns the sites as the API shows them, in the order given. @throws {ApiError} */
export async function seedFleet(access: ApiAccess, sites: readonly SeededSite[]): Promise<Site[]> {
  const [knownSites, knownNodes] = await Promise.all([
    listAll(access, '/v1/sites', siteSchema),
    listAll(access, '/v1/nodes', nodeSchema),
  ]);
  const seeded: Site[] = [];
  for (const { name, nodes } of sites) {
    const site =
      knownSites.find((known) => known.name === name) ??
      (await callApi(access, { method: 'POST', path: '/v1/sites', body: { name }, answer: siteSchema }));
    for (const node of nodes) {
      const known = knownNodes.find((each) => each.site.name === name && each.name === node.name);
      if (known !== undefined && isThere(known, node)) continue;
      if (known !== undefined) {
        await callApi(access, { method: 'DELETE', path: `/v1/nodes/${known.id}`, answer: z.null() });
      }
      await callApi(access, {
        method: 'POST',
        path: '/v1/nodes',
        body: { ...node, siteId: site.id },
        answer: nodeSchema,
      });
    }
    seeded.push(site);
  }
  return seeded;
}

/** Not where `sshd` came or went meanwhile, or where its port was taken: then the name stands for another server. */
function isThere(known: Node, node: SeededNode): boolean {
  return known.address === node.address && known.port === node.port && known.hostKey === node.hostKey;
}
