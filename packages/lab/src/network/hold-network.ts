// Keeps a network namespace alive by a process that does nothing else. Entered by the networks. Leaves no name behind:
// when the process dies, the namespace is gone.
import { hostFile } from '../openssh/lab-machine.ts';
import { killTiedProcess, startTiedProcess } from '../openssh/start-tied-process.ts';

export interface HeldNetwork {
  enter: string[];
  enterWithMounts: string[];
  holderPid: number;
  stop(): Promise<void>;
}

/** `bridgeAddress` (e.g. `10.40.0.1/16`): of a bridge named br0 for hosts to hang on; null for none. */
export async function holdNetwork(privilege: 'root' | 'user', bridgeAddress: string | null): Promise<HeldNetwork> {
  const holder = await startTiedProcess(
    ['unshare', ...(privilege === 'user' ? ['--user', '--map-root-user'] : []), '--mount', '--net', '--'],
    ['sh', hostFile('open-network.sh'), bridgeAddress ?? ''],
    10_000,
  );
  const namespaces = `/proc/${holder.pid}/ns`;
  const user = privilege === 'user' ? ['--preserve-credentials', `--user=${namespaces}/user`] : [];
  return {
    enter: ['/usr/bin/nsenter', ...user, `--net=${namespaces}/net`, '--'],
    enterWithMounts: ['/usr/bin/nsenter', ...user, `--mount=${namespaces}/mnt`, `--net=${namespaces}/net`, '--'],
    holderPid: holder.pid,
    stop: () => killTiedProcess(holder),
  };
}
