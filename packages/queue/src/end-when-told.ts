// ioredis, but told to disconnect between two attempts to connect it ends too. There is no connection then whose end could be
// told: ioredis only takes the timer away, keeps what waits for an answer, and says nothing ever after (taskforcesh/bullmq#4656).
import type { Redis } from 'ioredis';

/** The same client, and every one that is made like it, as BullMQ makes the blocking connection of a worker. */
export function endWhenTold(client: Redis): Redis {
  const disconnect = client.disconnect.bind(client);
  client.disconnect = (reconnect = false) => {
    // As a client that has not tried yet: that one ends at once, and rejects what waits.
    if (!reconnect && client.status === 'reconnecting') client.status = 'wait';
    disconnect(reconnect);
  };
  const duplicate = client.duplicate.bind(client);
  client.duplicate = ((override?: Parameters<typeof duplicate>[0]) =>
    endWhenTold(duplicate(override) as Redis)) as Redis['duplicate'];
  return client;
}
