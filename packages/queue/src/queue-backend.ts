// What both backends offer to the queue: BullMQ's own classes, bound to a server. Types only.
import type { Processor, QueueOptions, WorkerOptions } from 'bullmq';

export interface QueueBackend {
  createProducer(queue: string, options: Omit<QueueOptions, 'connection'>): Producer;
  createWorker(queue: string, processor: Processor, options: Omit<WorkerOptions, 'connection'>): Consumer;
  /** Rejects when the server does not answer within two seconds. */
  ping(): Promise<void>;
  /** While workers close: their server was given time enough. What it still owes them is rejected. */
  giveUp(): void;
  /** After all producers and workers are closed. */
  close(): Promise<void>;
}

/** The part of BullMQ's `Queue` that is used. */
export interface Producer {
  add(
    name: string,
    data: unknown,
    options: { deduplication?: { id: string; keepLastIfActive: true } },
  ): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** The part of BullMQ's `Worker` that is used. */
export interface Consumer {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: FailedJob | undefined, error: Error) => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

export interface FailedJob {
  readonly id?: string | undefined;
  readonly name: string;
  readonly attemptsMade: number;
  readonly opts: { attempts?: number | undefined };
}
