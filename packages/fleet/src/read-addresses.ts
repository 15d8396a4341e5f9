// What it takes to reach nodes, and nothing else of them: a run may have ten thousand. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export interface NodeAddress {
  readonly nodeId: string;
  readonly siteId: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string | null;
  readonly runAs: string;
  /** Names a credential in the satellite's own configuration. */
  readonly credential: string;
}

/** Ids that do not exist are left out. In no order. */
export async function readAddresses(transaction: TenantTransaction, ids: readonly string[]): Promise<NodeAddress[]> {
  const found = await transaction.query<{ [Column in keyof NodeAddress]: NodeAddress[Column] }>(
    `select id as "nodeId", site_id as "siteId", name, address, port, host_key as "hostKey", run_as as "runAs", credential
     from nodes where id = any($1)`,
    [ids],
  );
  return found.rows;
}
