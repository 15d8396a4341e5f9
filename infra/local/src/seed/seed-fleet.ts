// Registers sites and nodes through the API, like any client. What is there already stays. Entered when the lab is up.
// Creates sites and nodes only.
import { nodeSchema, type Site, siteSchema } from '@sena/contracts/http/fleet';
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
  const nodeNames = new Set(knownNodes.map((node) => `${node.site.name}/${node.name}`));
  const seeded: Site[] = [];
  for (const { name, nodes } of sites) {
    const site =
      knownSites.find((known) => known.name === name) ??
      (await callApi(access, { method: 'POST', path: '/v1/sites', body: { name }, answer: siteSchema }));
    for (const node of nodes.filter((each) => !nodeNames.has(`${name}/${each.name}`))) {
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
