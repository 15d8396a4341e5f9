// ioredis, but told to disconnect between two attempts to connect it ends too. There is no connection then whose end could be
// told: ioredis only takes the timer away, keeps what waits for an answer, and says nothing ever after (taskforcesh/bullmq#4656).
import { Redis, type RedisOptions } from 'ioredis';

export class RedisThatEnds extends Redis {
  override disconnect(reconnect = false): void {
    // Like a client that has not tried yet: that one ends at once, and rejects what waits.
    if (!reconnect && this.status === 'reconnecting') this.status = 'wait';
    super.disconnect(reconnect);
  }

  /** BullMQ makes each worker's blocking connection by this. */
  override duplicate(override?: Partial<RedisOptions>): Redis {
    return new RedisThatEnds({ ...this.options, ...override });
  }
}
