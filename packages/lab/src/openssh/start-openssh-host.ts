// Boots one host and keeps it: a reboot that comes from inside is followed by the next boot, as a machine would.
// Entered by start-openssh-site.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { SiteNetwork } from '../lab.ts';
import { cleanEnvironment, hostFile } from './lab-machine.ts';
import { startTiedProcess, type TiedProcess } from './start-tied-process.ts';

const run = promisify(execFile);
const bootMs = 20_000;
/** Exit code of init after `reboot` on the host. */
const rebootCode = 64;

export interface OpensshHost {
  reboot(): Promise<void>;
  stop(): Promise<void>;
  setLink(state: 'up' | 'down'): Promise<void>;
  sshdLog(): Promise<string>;
}

export interface OpensshHostOptions {
  name: string;
  network: SiteNetwork;
  /** Number within the site: names its cable. */
  index: number;
  address: string;
  /** The host's disk, as seen in the network's mount namespace. */
  disk: string;
  seed: string;
  privilege: 'root' | 'user';
  hasTimeNamespace: boolean;
  log: (line: string) => void;
}

type State = { kind: 'off' } | { kind: 'on'; initPid: number; process: TiedProcess };

export async function startOpensshHost(options: OpensshHostOptions): Promise<OpensshHost> {
  const { name, network, index, disk, log } = options;
  const cable = `host${index}`;
  let state: State = { kind: 'off' };
  // Boots and stops of one host happen one after another.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const result = turn.then(act, act);
    turn = result.catch(() => undefined);
    return result;
  };

  const powerOn = async () => {
    const process = await startTiedProcess(network.enterWithMounts, await bootCommand(options, cable), bootMs);
    const initPid = Number(process.lines.find((line) => line.startsWith('pid '))?.slice(4));
    state = { kind: 'on', initPid, process };
    void process.exited.then((exit) => {
      if (state.kind !== 'on' || state.process !== process) return;
      state = { kind: 'off' };
      const wantsReboot = exit.kind === 'code' ? exit.code === rebootCode : exit.signal === 'SIGHUP';
      log(`${name}: ${wantsReboot ? 'reboots' : `went off (${JSON.stringify(exit)})`}`);
      if (!wantsReboot) return;
      inTurn(async () => {
        if (state.kind === 'off') await powerOn();
      }).catch((error: unknown) => log(`${name}: did not come back: ${String(error)}`));
    });
  };
  const powerOff = async () => {
    if (state.kind === 'off') return;
    const { initPid, process: running } = state;
    state = { kind: 'off' };
    // Init first: its parent then ends only when every process of the host has.
    try {
      process.kill(initPid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
    await running.exited;
  };

  await inTurn(powerOn);
  return {
    reboot: () =>
      inTurn(async () => {
        await powerOff();
        await powerOn();
      }),
    stop: () => inTurn(powerOff),
    async setLink(link) {
      const [enter = '', ...rest] = [...network.enter, 'ip', 'link', 'set', cable, link];
      await run(enter, rest, { env: cleanEnvironment, timeout: 5_000 });
    },
    sshdLog: () => readFile(`/proc/${network.holderPid}/root${disk}/root/var/log/auth.log`, 'utf8'),
  };
}

async function bootCommand(options: OpensshHostOptions, cable: string): Promise<string[]> {
  const { name, network, index, address, disk, seed, privilege, hasTimeNamespace } = options;
  const uptime = Math.floor(Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]));
  const mac = `02:5e:00:00:${byte(index >> 8)}:${byte(index & 0xff)}`;
  return [
    'unshare',
    ...['--mount', '--pid', '--uts', '--ipc', '--net', '--fork', '--kill-child'],
    ...(hasTimeNamespace ? ['--time', '--boottime', String(-uptime)] : []),
    '--',
    ...['sh', hostFile('boot-host.sh'), name, disk, seed, `/proc/${network.holderPid}/ns/net`, cable, mac],
    ...[`${address}/16`, `${network.prefix}.0.1`, privilege],
  ];
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
