// Writes what a host finds on its disk at its first boot: accounts, sshd, services, and its faults. Entered by start-openssh-site.
// Writes below the given directory only; boot-host.sh copies it.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Fault, type LabHostSpec, type ServiceName, servicePorts } from '../lab.ts';
import type { HostIdentity } from '../state/host-identity.ts';
import { hostFile } from './lab-machine.ts';

export interface HostSeed {
  spec: LabHostSpec;
  identity: HostIdentity;
  /** Public key line that may log in. */
  clientKey: string;
  user: string;
  /** name → address, of every host of the site. */
  neighbours: ReadonlyMap<string, string>;
  sshdVersion: number;
}

interface SeedFile {
  path: string;
  text: string;
  mode?: number;
}

export const defaultServices: ServiceName[] = ['shop', 'metrics'];
const currentVersion = '2.4.1';
const oldVersion = '2.3.0';

export async function writeHostSeed(directory: string, seed: HostSeed): Promise<void> {
  const services = seed.spec.services ?? defaultServices;
  const files = [
    ...baseFiles(seed, services),
    ...(await serviceFiles(seed.spec.faults, services)),
    ...certificateFiles(seed, services),
    ...(await faultFiles(seed.spec.faults, services)),
  ];
  files.push({ path: 'root/etc/lab/init', text: await readFile(hostFile('init.sh'), 'utf8'), mode: 0o755 });
  const power = await readFile(hostFile('power.sh'), 'utf8');
  for (const name of ['reboot', 'poweroff', 'halt', 'shutdown']) {
    files.push({ path: `usr/sbin/${name}`, text: power, mode: 0o755 });
  }
  for (const file of files) {
    const path = join(directory, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.text);
    await chmod(path, file.mode ?? 0o644);
  }
}

function baseFiles(seed: HostSeed, services: ServiceName[]): SeedFile[] {
  const { spec, identity, clientKey, user, neighbours, sshdVersion } = seed;
  const hosts = [...neighbours].map(([name, address]) => `${address} ${name} ${name}.lab`);
  return [
    { path: 'root/etc/hostname', text: `${spec.name}\n` },
    { path: 'root/etc/hosts', text: `${['127.0.0.1 localhost', ...hosts].join('\n')}\n` },
    { path: 'root/etc/passwd', text: accounts(user) },
    { path: 'root/etc/group', text: 'root:x:0:\nnogroup:x:65534:\nwww-data:x:33:\nops:x:1000:\ntty:x:5:\n' },
    { path: 'root/etc/shadow', text: 'root:*:20000:0:99999:7:::\nops:*:20000:0:99999:7:::\n', mode: 0o600 },
    { path: 'root/etc/lab/services', text: `${services.join('\n')}\n` },
    { path: 'root/etc/ssh/ssh_host_ed25519_key', text: identity.hostPrivateKey, mode: 0o600 },
    { path: 'root/etc/ssh/ssh_host_ed25519_key.pub', text: `${identity.hostPublicKey} ${spec.name}\n` },
    { path: 'root/etc/ssh/authorized_keys', text: `${clientKey}\n`, mode: 0o600 },
    { path: 'root/etc/ssh/sshd_config', text: sshdConfig(sshdVersion), mode: 0o600 },
  ];
}

function accounts(user: string): string {
  const lines = [
    'root:x:0:0:root:/root:/bin/sh',
    'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
    'sshd:x:102:65534::/run/sshd:/usr/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  ];
  if (user !== 'root') lines.push(`${user}:x:1000:1000:${user}:/root:/bin/sh`);
  return `${lines.join('\n')}\n`;
}

function sshdConfig(version: number): string {
  const lines = [
    'Port 22',
    'AddressFamily inet',
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'HostKeyAlgorithms ssh-ed25519',
    'PubkeyAcceptedAlgorithms ssh-ed25519',
    'AuthorizedKeysFile /etc/ssh/authorized_keys',
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    // The disk of an unprivileged lab belongs to accounts that sshd doesn't expect.
    'StrictModes no',
    // sshd gives accounts other than root no sbin.
    'SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'UseDNS no',
    'PrintMotd no',
    'MaxStartups 500',
    'MaxSessions 500',
    'MaxAuthTries 20',
    'LogLevel VERBOSE',
    'PidFile /run/sshd.pid',
    'Subsystem sftp internal-sftp',
  ];
  // From 9.8 on sshd locks out an address after a few failed logins; all of a site come from one address.
  if (version >= 9.8) lines.push('PerSourcePenalties no');
  return `${lines.join('\n')}\n`;
}

async function serviceFiles(faults: Fault[], services: ServiceName[]): Promise<SeedFile[]> {
  const daemon = await readFile(hostFile('daemon.pl'), 'utf8');
  const script = await readFile(hostFile('service.sh'), 'utf8');
  const files: SeedFile[] = [
    { path: 'root/etc/init.d/ssh', text: await readFile(hostFile('ssh-service.sh'), 'utf8'), mode: 0o755 },
  ];
  let packages = '';
  for (const [index, name] of services.entries()) {
    const version = index === 0 && faults.includes('old-package') ? oldVersion : currentVersion;
    const program = `/opt/${name}/bin/${name}`;
    files.push(
      { path: `root${program}`, text: daemon.replaceAll('@version@', version), mode: 0o755 },
      { path: `root/opt/${name}/VERSION`, text: `${version}\n` },
      {
        path: `root/etc/init.d/${name}`,
        text: script.replaceAll('@service@', name).replaceAll('@port@', String(servicePorts[name])),
        mode: 0o755,
      },
      {
        path: `package-files/${name}.list`,
        text: `/.\n/opt\n/opt/${name}\n/opt/${name}/VERSION\n${program}\n/etc/init.d/${name}\n`,
      },
    );
    packages += `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: net\nMaintainer: lab <lab@localhost>\nArchitecture: all\nVersion: ${version}-1\nDescription: the ${name} service of the lab\n\n`;
  }
  return [...files, { path: 'packages', text: packages }];
}

function certificateFiles(seed: HostSeed, services: ServiceName[]): SeedFile[] {
  const { spec, identity } = seed;
  const { certificatePem, privateKeyPem } = spec.faults.includes('expired-certificate')
    ? identity.expired
    : identity.valid;
  const name = services[0] ?? 'shop';
  return [
    { path: `root/etc/nginx/ssl/${name}.pem`, text: certificatePem },
    { path: `root/etc/nginx/ssl/private/${name}.key`, text: privateKeyPem, mode: 0o600 },
  ];
}

/** What the faults need on the disk: programs, a line in rc.local for what runs, a line in first-boot for what happened once. */
async function faultFiles(faults: Fault[], services: ServiceName[]): Promise<SeedFile[]> {
  const service = services[0] ?? 'shop';
  const files: SeedFile[] = [];
  const firstBoot = [
    'mkdir -p /srv/data/orders',
    'dd if=/dev/zero of=/srv/data/orders/2024.db bs=64k count=8 2>/dev/null',
    'echo 1 >/srv/spool/next',
  ];
  const everyBoot: string[] = [];
  const background = '</dev/null >/dev/null 2>&1 &';
  const addProgram = async (source: string, path: string) => {
    files.push({ path: `root${path}`, text: await readFile(hostFile(source), 'utf8'), mode: 0o755 });
  };
  for (const fault of faults) {
    switch (fault) {
      case 'full-disk':
        firstBoot.push(
          `mkdir -p /srv/data/dumps`,
          `for n in 1 2 3 4 5 6 7; do dd if=/dev/zero of=/srv/data/dumps/core.${service}.$n bs=64k count=16 2>/dev/null || break; done`,
          `dd if=/dev/zero of=/srv/data/dumps/core.${service}.8 bs=64k 2>/dev/null || :`,
        );
        break;
      case 'inodes-exhausted':
        firstBoot.push(
          'mkdir -p /srv/spool/lost',
          'n=0; while { : >/srv/spool/lost/$n; } 2>/dev/null; do n=$((n + 1)); done',
        );
        break;
      case 'dead-service':
        firstBoot.push(`kill -KILL "$(cat /run/${service}.pid)"`);
        break;
      case 'cpu-hog':
        await addProgram('cpu-hog.pl', `/opt/${service}/bin/reindex`);
        everyBoot.push(`setsid nice -n 19 /opt/${service}/bin/reindex ${background}`);
        break;
      case 'memory-hog':
        await addProgram('memory-hog.pl', `/opt/${service}/bin/report-cache`);
        everyBoot.push(`setsid /opt/${service}/bin/report-cache ${background}`);
        break;
      case 'unexpected-listener':
        await addProgram('daemon.pl', '/opt/debug/bin/remote-debug');
        everyBoot.push(`setsid /opt/debug/bin/remote-debug --port 4444 ${background}`);
        break;
      case 'expired-certificate':
      case 'old-package':
        break;
      default:
        fault satisfies never;
    }
  }
  files.push({ path: 'root/etc/lab/first-boot', text: `${firstBoot.join('\n')}\n` });
  if (everyBoot.length > 0)
    files.push({ path: 'root/etc/rc.local', text: `#!/bin/sh\n${everyBoot.join('\n')}\n`, mode: 0o755 });
  return files;
}
