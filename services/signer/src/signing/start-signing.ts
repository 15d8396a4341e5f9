// Signs what waits for it, again and again: rung by jobs, by the clock besides. One look at a time. Entered by start-signer.
import type { Pool } from '@sena/db/tenant';
import type { JobQueue } from '@sena/queue/open-queue';
import { ringRecordedRuns } from '@sena/runs/results/ring-recorded-runs';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf } from '@sena/telemetry/trace-context';
import { changeDispatchKeys } from '../keys/change-dispatch-keys.ts';
import { ensureDispatchKeys } from '../keys/ensure-dispatch-keys.ts';
import { type Judges, type SignedDispatches, signDispatches } from './sign-dispatch.ts';
import { signWaitingInquiry } from './sign-waiting-inquiry.ts';

const dispatchesALook = 200;
/** Signed in one transaction: relays get the first while the next are signed, so there are few at first. */
const dispatchesFirst = 8;
const dispatchesATransaction = 32;
const inquiriesALook = 200;

export interface Signing {
  /** Resolves when what was waiting at the call has been looked at; rejects when PostgreSQL can't be asked. */
  look(): Promise<void>;
  /** Ends after the dispatch under way. */
  stop(): Promise<void>;
}

const untold = 'what was signed could not be rung for, relays find it with their next look';

interface WaitingRow {
  readonly organization_id: string;
  readonly dispatch_id: string;
  readonly run_id: string;
  readonly traceparent: string | null;
}

function fieldsOf(row: WaitingRow) {
  const { organization_id: organizationId, dispatch_id: dispatchId, run_id: runId } = row;
  return { organizationId, dispatchId, runId, traceId: traceIdOf(row.traceparent) };
}

type WaitingInquiry = Omit<WaitingRow, 'dispatch_id'> & { readonly inquiry_id: string };

export function startSigning(options: {
  pool: Pool;
  masterKey: Buffer;
  judges: Judges;
  queue: JobQueue;
  signals: Signals;
  logger: Logger;
  /** How often it looks without being rung. */
  pollMs: number;
}): Signing {
  const { pool, masterKey, judges, queue, signals, logger, pollMs } = options;
  let isStopped = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      logger.error({ err: error }, 'waiting dispatches could not be read, it is tried again'),
    );
  }, pollMs);

  async function look(): Promise<void> {
    isWanted = true;
    looking ??= signAll().finally(() => {
      looking = null;
    });
    await looking;
    if (isWanted && !isStopped) await look();
  }

  async function signAll(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      const made = await ensureDispatchKeys(pool, masterKey);
      if (made > 0) logger.info({ made }, 'dispatch keys made');
      await changeKeys();
      const waiting = await pool.query<WaitingRow>(
        'select organization_id, dispatch_id, run_id, traceparent from dispatches_to_sign($1)',
        [dispatchesALook],
      );
      let settled = 0;
      for (const [organizationId, rows] of Map.groupBy(waiting.rows, (row) => row.organization_id)) {
        for (let start = 0, count = dispatchesFirst; start < rows.length; start += count) {
          if (isStopped) return;
          if (start > 0) count = dispatchesATransaction;
          settled += await settle(organizationId, rows.slice(start, start + count));
        }
      }
      const inquiries = await pool.query<WaitingInquiry>(
        'select organization_id, inquiry_id, run_id, traceparent from inquiries_to_sign($1)',
        [inquiriesALook],
      );
      let answered = 0;
      for (const row of inquiries.rows) {
        if (isStopped) return;
        if (await settleInquiry(row)) answered += 1;
      }
      if (inquiries.rows.length === inquiriesALook && answered > 0) isWanted = true;
      // Those that can't be signed now are looked at again with the clock, not at once.
      if (waiting.rows.length === dispatchesALook && settled > 0) isWanted = true;
    }
  }

  /** One that can't be done now holds up no other, nor what is to be signed. */
  async function changeKeys(): Promise<void> {
    const waiting = await pool.query<{ organization_id: string; request_id: string }>(
      'select organization_id, request_id from dispatch_key_requests_waiting()',
    );
    for (const { organization_id: organizationId, request_id: requestId } of waiting.rows) {
      if (isStopped) return;
      try {
        const changed = await changeDispatchKeys(pool, masterKey, organizationId, requestId);
        if (changed.kind === 'gone') continue;
        const { kind, ...fields } = changed;
        if (kind === 'refused') logger.warn({ organizationId, requestId, ...fields }, 'dispatch keys stay as they are');
        else logger.info({ organizationId, requestId, ...fields }, `a dispatch key was ${kind}`);
      } catch (error) {
        logger.error(
          { organizationId, requestId, err: error },
          'dispatch keys could not be changed, it is tried again',
        );
        continue;
      }
      await signals.ring(organizationId, 'keysChanged', {});
    }
  }

  /** Returns how many need no further look. Where one of several can't be signed, each is tried alone: it holds up no other. */
  async function settle(organizationId: string, rows: readonly WaitingRow[]): Promise<number> {
    const dispatchIds = rows.map((row) => row.dispatch_id);
    let done: SignedDispatches;
    try {
      done = await signDispatches(pool, masterKey, judges, organizationId, dispatchIds);
    } catch (error) {
      const [only] = rows;
      if (rows.length === 1 && only !== undefined) {
        logger.error({ ...fieldsOf(only), err: error }, 'a dispatch could not be signed, it is tried again');
        return 0;
      }
      const fields = { organizationId, dispatchIds, err: error };
      logger.warn(fields, 'several dispatches could not be signed together, each is tried alone');
      return settleEach(organizationId, rows);
    }
    // Committed: whatever becomes of the rings, they are signed.
    await tell(organizationId, rows, done);
    return rows.length;
  }

  async function settleEach(organizationId: string, rows: readonly WaitingRow[]): Promise<number> {
    let settled = 0;
    for (const row of rows) {
      if (isStopped) break;
      settled += await settle(organizationId, [row]);
    }
    return settled;
  }

  /** Rejects never. */
  async function tell(
    organizationId: string,
    rows: readonly WaitingRow[],
    { signed, refused, runs }: SignedDispatches,
  ): Promise<void> {
    const fieldsById = new Map(rows.map((row) => [row.dispatch_id, fieldsOf(row)]));
    for (const { dispatchId, satelliteId } of signed)
      logger.info({ ...fieldsById.get(dispatchId), satelliteId }, 'dispatch signed');
    for (const { dispatchId, detail } of refused)
      logger.warn({ ...fieldsById.get(dispatchId), detail }, 'dispatch refused');
    try {
      // The doorbell says that there is something to fetch; relays look for all of their satellites.
      const [first] = signed;
      if (first !== undefined) await signals.ring(organizationId, 'dispatchReady', { satelliteId: first.satelliteId });
      await ringRecordedRuns({ pool, signals, queue, logger }, organizationId, runs);
    } catch (error) {
      logger.warn({ organizationId, err: error }, untold);
    }
  }

  /** The same of an inquiry. */
  async function settleInquiry(row: WaitingInquiry): Promise<boolean> {
    const { organization_id: organizationId, inquiry_id: inquiryId, run_id: runId } = row;
    const fields = { organizationId, inquiryId, runId, traceId: traceIdOf(row.traceparent) };
    let signed: Awaited<ReturnType<typeof signWaitingInquiry>>;
    try {
      signed = await signWaitingInquiry(pool, masterKey, organizationId, inquiryId);
    } catch (error) {
      logger.error({ ...fields, err: error }, 'an inquiry could not be signed, it is tried again');
      return false;
    }
    if (signed.kind === 'refused') logger.warn({ ...fields, detail: signed.detail }, 'inquiry refused');
    if (signed.kind !== 'signed') return true;
    logger.info({ ...fields, satelliteId: signed.satelliteId }, 'inquiry signed');
    try {
      await signals.ring(organizationId, 'dispatchReady', { satelliteId: signed.satelliteId });
    } catch (error) {
      logger.warn({ ...fields, err: error }, untold);
    }
    return true;
  }

  return {
    look,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      // A look that failed has told whoever asked for it.
      if (looking !== null) await Promise.allSettled([looking]);
    },
  };
}
