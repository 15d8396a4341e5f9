// A process of the cloud is killed and started again, or stands still for a while. Entered by arm-fault.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '../cells.ts';
import type { World } from '../world/start-world.ts';

export function armProcessFault(
  world: World,
  service: ServiceName | 'model-router',
  how: 'kill' | 'stop',
  /** Of a stop. */
  stoppedMs: number,
): { act(): void; heal(): Promise<void> } {
  const process_ = world.stack.processes[service];
  let over: Promise<unknown> = Promise.resolve();
  return {
    act() {
      const pid = process_.pid();
      if (pid === null) return;
      if (how === 'kill') {
        process_.kill('SIGKILL');
        over = process_.restart();
      } else {
        process.kill(pid, 'SIGSTOP');
        over = sleep(stoppedMs).then(() => process_.kill('SIGCONT'));
      }
    },
    async heal() {
      await over;
      await process_.whenReady();
    },
  };
}
