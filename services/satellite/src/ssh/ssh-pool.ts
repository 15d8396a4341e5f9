// Entered by run-execution: connections to nodes, kept warm and shared by the commands of one node. Owns every SSH
// connection of the process.
import {
  type ConnectionRefusal,
  openSshConnection,
  type SshConnection,
  type SshSettings,
  type SshTarget,
} from './open-ssh-connection.ts';

export type SshLease = {
  kind: 'lease';
  connection: SshConnection;
  /** True when the connection was there before: it may have died unnoticed. */
  isReused: boolean;
  release(): void;
  /** Nothing is heard over it: nobody else gets this connection, and it is closed when the last who has it gives it back. */
  abandon(): void;
};

export type SshPool = {
  acquire(target: SshTarget): Promise<SshLease | ConnectionRefusal>;
  openConnections(): number;
  close(): void;
};

export type SshPoolSettings = SshSettings & {
  idleMs: number;
  /** Above this many, idle connections are closed, the longest idle first. */
  idleConnectionsMax: number;
};

type Slot = {
  opening: Promise<SshConnection | ConnectionRefusal>;
  connection: SshConnection | null;
  leases: number;
  idleTimer: NodeJS.Timeout | null;
  isAbandoned: boolean;
};

export function createSshPool(settings: SshPoolSettings): SshPool {
  // A key is everything that decides who is reached and as whom: two targets never share a login by accident.
  const slots = new Map<string, Slot>();
  /** Keys of idle slots, the longest idle first. */
  const idle = new Set<string>();
  let isClosed = false;

  function slotFor(key: string, target: SshTarget): { slot: Slot; isReused: boolean } {
    const existing = slots.get(key);
    if (existing !== undefined && existing.connection?.isClosed() !== true) {
      return { slot: existing, isReused: existing.connection !== null };
    }
    const opening = openSshConnection(target, settings);
    const slot: Slot = { opening, connection: null, leases: 0, idleTimer: null, isAbandoned: false };
    slots.set(key, slot);
    return { slot, isReused: false };
  }

  function forget(key: string, slot: Slot): void {
    if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
    if (slots.get(key) !== slot) return;
    slots.delete(key);
    idle.delete(key);
  }

  function release(key: string, slot: Slot): void {
    slot.leases -= 1;
    if (slot.leases > 0 || slot.connection === null) return;
    if (isClosed || slot.isAbandoned) {
      slot.connection.close();
      return;
    }
    if (slots.get(key) !== slot) return;
    idle.add(key);
    slot.idleTimer = setTimeout(() => closeIdle(key), settings.idleMs);
    slot.idleTimer.unref();
    if (idle.size > settings.idleConnectionsMax) {
      const [oldest] = idle;
      if (oldest !== undefined) closeIdle(oldest);
    }
  }

  function closeIdle(key: string): void {
    const slot = slots.get(key);
    if (slot === undefined || slot.leases > 0) return;
    forget(key, slot);
    slot.connection?.close();
  }

  return {
    async acquire(target) {
      const { address, port, user, credential, hostKey } = target;
      const key = JSON.stringify([address, port, user, credential, hostKey]);
      const { slot, isReused } = slotFor(key, target);
      slot.leases += 1;
      idle.delete(key);
      if (slot.idleTimer !== null) clearTimeout(slot.idleTimer);
      slot.idleTimer = null;
      const opened = await slot.opening;
      if (opened.kind === 'refused') {
        slot.leases -= 1;
        forget(key, slot);
        return opened;
      }
      if (slot.connection === null) {
        slot.connection = opened;
        opened.onClose(() => forget(key, slot));
      }
      let isReleased = false;
      return {
        kind: 'lease',
        connection: opened,
        isReused,
        release() {
          if (isReleased) return;
          isReleased = true;
          release(key, slot);
        },
        abandon() {
          slot.isAbandoned = true;
          forget(key, slot);
        },
      };
    },
    openConnections: () => slots.size,
    close() {
      isClosed = true;
      for (const slot of slots.values()) if (slot.leases === 0) slot.connection?.close();
    },
  };
}
