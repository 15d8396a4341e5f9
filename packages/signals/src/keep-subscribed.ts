// Keeps the connection hearing what its process listens to, over reconnects. Touches the transport's subscriptions only.
import type { SignalTransport } from './signal-transport.ts';

export interface ChannelListener {
  heard(payload: string): void;
  /** The connection was lost and is back: something may have been missed. */
  gap(): void;
}

export interface Subscriptions {
  /** Resolves when the channel is heard, or at once while the server is away: then `gap` follows when it is back. */
  add(channel: string, listener: ChannelListener): Promise<void>;
  /** Resolves when the connection no longer hears a channel that nobody listens to. */
  remove(channel: string, listener: ChannelListener): Promise<void>;
  message(channel: string, payload: string): void;
  connected(): void;
  lost(): void;
}

export function keepSubscribed(change: SignalTransport['change'], onError: (error: unknown) => void): Subscriptions {
  const wanted = new Map<string, Set<ChannelListener>>();
  let connection: Connection = { kind: 'none' };
  let catchingUp: Promise<void> | null = null;

  /** Until the connection hears exactly what is wanted. Callers that come meanwhile wait for the same work. */
  function catchUp(): Promise<void> {
    catchingUp ??= changeUntilEven();
    return catchingUp;
  }

  async function changeUntilEven(): Promise<void> {
    await null; // what is wanted in one tick is changed at once
    while (connection.kind === 'up') {
      const present = connection;
      const subscribe = [...wanted.keys()].filter((channel) => !present.heard.has(channel));
      const unsubscribe = [...present.heard].filter((channel) => !wanted.has(channel));
      if (subscribe.length === 0 && unsubscribe.length === 0) break;
      try {
        await change(subscribe, unsubscribe);
      } catch (error) {
        if (connection === present) connection = { kind: 'none' }; // the transport gives it up and makes another
        onError(error);
        continue;
      }
      for (const channel of subscribe) present.heard.add(channel);
      for (const channel of unsubscribe) present.heard.delete(channel);
    }
    catchingUp = null; // in the same turn as the last look: who comes later starts anew
    if (connection.kind === 'up' && connection.owesGap) {
      connection.owesGap = false;
      for (const listener of [...wanted.values()].flatMap((listeners) => [...listeners])) listener.gap();
    }
  }

  let connectedBefore = false;
  return {
    add: (channel, listener) => {
      const listeners = wanted.get(channel) ?? new Set();
      wanted.set(channel, listeners.add(listener));
      return catchUp();
    },
    remove: (channel, listener) => {
      const listeners = wanted.get(channel);
      listeners?.delete(listener);
      if (listeners?.size === 0) wanted.delete(channel);
      return catchUp();
    },
    message: (channel, payload) => {
      for (const listener of wanted.get(channel) ?? []) listener.heard(payload);
    },
    connected: () => {
      connection = { kind: 'up', heard: new Set(), owesGap: connectedBefore };
      connectedBefore = true;
      void catchUp();
    },
    lost: () => {
      connection = { kind: 'none' };
    },
  };
}

type Connection = { kind: 'none' } | { kind: 'up'; heard: Set<string>; owesGap: boolean };
