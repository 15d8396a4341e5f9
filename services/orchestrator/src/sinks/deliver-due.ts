// Sends what was sealed to the sinks whose turn it is, each at least once and in order. Entered by the clock. A sink that does not take
// it holds up no other; it is tried again, later each time.
import os from 'node:os';
import { sinkSecret } from '@sena/audit/audit-sinks';
import { advanceSink, type ClaimedSink, claimSink, listDueSinks, postponeSink } from '@sena/audit/claim-sink';
import { judgeSinkAddress } from '@sena/audit/judge-sink-address';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { postWebhook } from './post-webhook.ts';
import { SinkError } from './resolve-guarded.ts';
import { sendSyslog } from './send-syslog.ts';

const sinksATurn = 20;
/** Longer than any delivery takes. */
const leaseMs = 60_000;

export interface DeliverySettings {
  readonly serviceSecret: string;
  /** Hosts that are not public, and to which SENA's operator allows deliveries. */
  readonly privateHosts: ReadonlySet<string>;
  /** Aborts when the process stops: a delivery under way is broken off, and comes again. */
  readonly stopping: AbortSignal;
}

/** Returns how many deliveries were taken. */
export async function deliverDue(pool: Pool, logger: Logger, settings: DeliverySettings): Promise<number> {
  const due = await listDueSinks(pool, sinksATurn);
  const taken = await Promise.all(due.map(({ organizationId, sinkId }) => deliver(organizationId, sinkId)));
  return taken.filter(Boolean).length;

  async function deliver(organizationId: string, sinkId: string): Promise<boolean> {
    const sink = await inOrganization(pool, organizationId, (transaction) => claimSink(transaction, sinkId, leaseMs));
    if (sink === null || sink.records.length === 0) return false;
    try {
      const lastSeq = await send(organizationId, sink);
      await inOrganization(pool, organizationId, (transaction) => advanceSink(transaction, sink, lastSeq));
      return true;
    } catch (error) {
      const reason = settings.stopping.aborted ? 'SENA stopped during the delivery.' : reasonOf(error);
      logger.warn({ organizationId, sinkId, err: error }, 'audit records could not be delivered, it is tried again');
      await inOrganization(pool, organizationId, (transaction) => postponeSink(transaction, sink, reason));
      return false;
    }
  }

  async function send(organizationId: string, sink: ClaimedSink): Promise<number> {
    const to = judgeSinkAddress(sink.kind, sink.address, settings.privateHosts);
    switch (to.kind) {
      case 'webhook':
        return postWebhook(sink, to, {
          ...{ organizationId, secret: sinkSecret(settings.serviceSecret, sink.id), stopping: settings.stopping },
        });
      case 'syslog':
        return sendSyslog(sink, to, { sender: os.hostname(), stopping: settings.stopping });
      case 'refused':
        throw new SinkError(to.reason);
    }
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return error instanceof SinkError || code === undefined ? message : `${message} (${code})`;
}
