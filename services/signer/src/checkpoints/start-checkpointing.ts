// Makes checkpoints by the clock, wherever enough was sealed since the last one, or long enough ago. Entered by start-signer.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { type LastSigned, type MadeCheckpoint, makeCheckpoint } from './make-checkpoint.ts';

const lookMsMax = 5_000;

export interface Checkpointing {
  /** Ends after the organization under way. */
  stop(): Promise<void>;
}

export function startCheckpointing(options: {
  pool: Pool;
  masterKey: Buffer;
  logger: Logger;
  everyRecords: number;
  everyMs: number;
}): Checkpointing {
  const { pool, masterKey, logger, everyRecords, everyMs } = options;
  const lastSigned: LastSigned = new Map();
  /** What was told of an organization last: the same is not recorded every few seconds. */
  const told = new Map<string, string>();
  let isStopped = false;
  let looking = Promise.resolve();
  const timer = setInterval(look, Math.min(lookMsMax, Math.max(everyMs, 50)));

  function look(): void {
    looking = looking.then(checkpointAll).catch((error: unknown) => {
      logger.error({ err: error }, 'checkpoints could not be made, it is tried again');
    });
  }

  async function checkpointAll(): Promise<void> {
    if (isStopped) return;
    const due = await pool.query<{ organization_id: string }>(
      'select organization_id from organizations_to_checkpoint($1, $2)',
      [everyRecords, everyMs],
    );
    for (const { organization_id: organizationId } of due.rows) {
      if (isStopped) return;
      try {
        const made = await makeCheckpoint(pool, masterKey, lastSigned, organizationId);
        if (made.kind === 'made') {
          told.delete(organizationId);
          logger.info({ organizationId, records: made.size }, 'audit checkpoint signed');
        }
        if (made.kind === 'refused') await tell(organizationId, made);
      } catch (error) {
        logger.error({ err: error, organizationId }, 'a checkpoint could not be made, it is tried again');
      }
    }
  }

  /** Somebody may have rewritten the past: it is said where people look, and nothing is signed. */
  async function tell(organizationId: string, refused: Extract<MadeCheckpoint, { kind: 'refused' }>): Promise<void> {
    const { seq, reason } = refused;
    const advice = 'Verify an export against what the satellites have seen: sena audit verify.';
    logger.error({ organizationId, seq, reason }, `no checkpoint is signed: the audit chain does not hold. ${advice}`);
    if (told.get(organizationId) === reason) return;
    await inOrganization(pool, organizationId, (transaction) =>
      appendAuditEvent(transaction, {
        action: 'checkpoint.refused',
        actor: 'service:signer',
        subject: organizationId,
        data: { seq, reason },
      }),
    );
    told.set(organizationId, reason);
  }

  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
