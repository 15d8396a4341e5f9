// What both servers offer to the signals. Types only.

export interface SignalTransport {
  /** Rejects when the server is away; what was to be sent is then lost. */
  publish(messages: ReadonlyArray<{ channel: string; payload: string }>): Promise<void>;
  /**
   * Changes what the present connection hears. When that fails the connection is given up, `lost` is told, and
   * `connected` follows with the next one. Never called twice at a time.
   */
  change(subscribe: readonly string[], unsubscribe: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface TransportEvents {
  message(channel: string, payload: string): void;
  /** A new connection is up. It hears nothing yet. */
  connected(): void;
  /** The connection is lost, or could not be made. The transport goes on trying. */
  lost(error: Error): void;
}

/** 50 ms, 100 ms, 200 ms … 2 s. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
}
