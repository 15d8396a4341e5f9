// Starts simulated SSH hosts, a few or thousands, in one process of their own. Entered by start-lab where real hosts can't run,
// and by benchmarks that need more hosts than a machine can carry. They listen on 127.0.0.1, each on a port of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LabHost, LabHostSpec } from './lab.ts';
import type { SimulatedAnswer, SimulatedRequest } from './simulated/simulated-main.ts';
import { fingerprintOf, type HostIdentity } from './state/host-identity.ts';

export interface SimulatedHosts {
  hosts: LabHost[];
  stop(): Promise<void>;
}

type Question = SimulatedRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'id'>
    : never
  : never;

const answerMs = 60_000;

/**
 * `identities`: one for each host, in the same order. `clientKey`: the public key line that may log in as root.
 * `formerPorts`: where hosts were found before, by name; they are there again unless somebody else is.
 */
export async function startSimulatedHosts(
  specs: LabHostSpec[],
  identities: HostIdentity[],
  clientKey: string,
  formerPorts: Readonly<Record<string, number>> = {},
): Promise<SimulatedHosts> {
  const program = fileURLToPath(new URL('./simulated/simulated-main.ts', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: {},
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const pending = new Map<number, (answer: SimulatedAnswer) => void>();
  child.on('message', (answer: SimulatedAnswer) => pending.get(answer.id)?.(answer));
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      for (const [id, settle] of [...pending])
        settle({ kind: 'failed', id, message: 'The simulated hosts have ended' });
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  let nextId = 1;
  const ask = async (question: Question): Promise<{ ports: number[]; log: string }> => {
    const id = nextId++;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle({ kind: 'failed', id, message: `No answer to ${question.kind}` }),
        answerMs,
      );
      const settle = (answer: SimulatedAnswer) => {
        clearTimeout(timer);
        pending.delete(id);
        if (answer.kind === 'done') resolve(answer);
        else reject(new Error(answer.message));
      };
      pending.set(id, settle);
      child.send({ ...question, id }, (error) => {
        if (error) settle({ kind: 'failed', id, message: error.message });
      });
    });
  };
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };

  const keyOf = (index: number): HostIdentity => {
    const identity = identities[index];
    if (!identity) throw new Error(`No identity for simulated host ${index}`);
    return identity;
  };
  try {
    const { ports } = await ask({
      kind: 'start',
      hosts: specs.map((spec, index) => {
        const { hostPrivateKey, valid, expired } = keyOf(index);
        return {
          spec,
          hostPrivateKey,
          certificates: { valid: valid.certificatePem, expired: expired.certificatePem },
          clientKey,
          port: formerPorts[spec.name] ?? 0,
        };
      }),
    });
    const hosts = specs.map((spec, index): LabHost => {
      const { name, labels, faults } = spec;
      const act = async (question: Question) => {
        await ask(question);
      };
      return {
        ...{ name, labels, faults, address: '127.0.0.1', port: ports[index] ?? 0, user: 'root' },
        hostKey: fingerprintOf(keyOf(index).hostPublicKey),
        reboot: () => act({ kind: 'reboot', host: index }),
        stop: () => act({ kind: 'stop', host: index }),
        setLink: (state) => act({ kind: 'link', host: index, state }),
        sshdLog: async () => (await ask({ kind: 'log', host: index })).log,
      };
    });
    return { hosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
