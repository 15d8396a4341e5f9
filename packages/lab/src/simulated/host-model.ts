// The state of one simulated host: what a real one would keep on its disk and in its kernel, as far as the programs in
// run-program know how to show it. Changed only by the functions below.
import { randomUUID } from 'node:crypto';
import { type LabHostSpec, type ServiceName, servicePorts } from '../lab.ts';

export interface ModelProcess {
  pid: number;
  user: string;
  program: string;
  args: string;
  rssKib: number;
  nice: number;
  startedAtMs: number;
  /** Share of one core, 0 to 100. */
  cpuPercent: number;
  port: number | null;
}

export interface ModelFilesystem {
  source: string;
  mountPoint: string;
  totalKib: number;
  usedKib: number;
  totalInodes: number;
  usedInodes: number;
}

export interface HostModel {
  spec: LabHostSpec;
  address: string;
  services: ServiceName[];
  bootId: string;
  bootedAtMs: number;
  processes: Map<number, ModelProcess>;
  filesystems: ModelFilesystem[];
  /** Absolute path → content; null is a directory. */
  files: Map<string, string | null>;
  packages: Map<string, string>;
  nextPid: number;
}

export interface HostCertificates {
  valid: string;
  expired: string;
}

const currentVersion = '2.4.1-1';
const oldVersion = '2.3.0-1';

export function createHostModel(spec: LabHostSpec, address: string, certificates: HostCertificates): HostModel {
  const services: ServiceName[] = spec.services ?? ['shop', 'metrics'];
  const first = services[0] ?? 'shop';
  const has = (fault: LabHostSpec['faults'][number]) => spec.faults.includes(fault);
  const disk = (
    source: string,
    mountPoint: string,
    totalKib: number,
    usedKib: number,
    totalInodes: number,
    usedInodes: number,
  ) => {
    return { source, mountPoint, totalKib, usedKib, totalInodes, usedInodes };
  };
  const host: HostModel = {
    spec,
    address,
    services,
    bootId: '',
    bootedAtMs: 0,
    processes: new Map(),
    filesystems: [
      disk('root', '/', 262_144, 1_012, 65_536, 509),
      disk('data', '/srv/data', 8_192, has('full-disk') ? 8_192 : 512, 4_096, 3),
      disk('spool', '/srv/spool', 4_096, 4, 1_024, has('inodes-exhausted') ? 1_024 : 2),
    ],
    files: new Map(),
    packages: new Map(services.map((name) => [name, currentVersion])),
    nextPid: 1,
  };
  if (has('old-package')) host.packages.set(first, oldVersion);
  for (const directory of [
    '/root',
    '/tmp',
    '/var/log',
    '/var/tmp',
    '/srv/data',
    '/srv/spool',
    '/run',
    '/opt',
    '/home',
  ]) {
    makeDirectory(host, directory);
  }
  const write = (path: string, text: string) => {
    makeDirectory(host, path.slice(0, path.lastIndexOf('/')));
    host.files.set(path, text);
  };
  write('/etc/hostname', `${spec.name}\n`);
  write(
    '/etc/os-release',
    'PRETTY_NAME="Simulated host of the SENA lab"\nNAME="SENA lab"\nVERSION_ID="1"\nID=sena-lab\n',
  );
  write(`/etc/nginx/ssl/${first}.pem`, has('expired-certificate') ? certificates.expired : certificates.valid);
  for (const name of services) {
    write(`/etc/init.d/${name}`, '#!/bin/sh\n');
    write(`/opt/${name}/VERSION`, `${host.packages.get(name)?.replace(/-1$/, '')}\n`);
  }
  write('/etc/init.d/ssh', '#!/bin/sh\n');
  bootHost(host);
  if (has('dead-service')) {
    const dead = processOfService(host, first);
    if (dead) killProcess(host, dead.pid);
  }
  return host;
}

/** Starts everything anew; what only lives in /run and in memory is gone. */
export function bootHost(host: HostModel): void {
  host.bootId = randomUUID();
  host.bootedAtMs = Date.now();
  host.processes.clear();
  host.nextPid = 1;
  for (const path of [...host.files.keys()]) if (path.startsWith('/run/')) host.files.delete(path);
  const add = (program: string, args: string, more: Partial<ModelProcess> = {}) =>
    startProcess(host, program, args, more);
  add('init', '/sbin/init', { rssKib: 1_700 });
  host.nextPid = 60;
  const sshd = add('sshd', 'sshd: /usr/sbin/sshd -D [listener]', { rssKib: 9_400, port: 22 });
  host.files.set('/run/sshd.pid', `${sshd.pid}\n`);
  for (const name of host.services) startService(host, name);
  const first = host.services[0] ?? 'shop';
  for (const fault of host.spec.faults) {
    if (fault === 'cpu-hog') add('reindex', `/opt/${first}/bin/reindex`, { nice: 19, cpuPercent: 25 });
    if (fault === 'memory-hog') add('report-cache', `/opt/${first}/bin/report-cache`, { rssKib: 313_000 });
    if (fault === 'unexpected-listener') add('remote-debug', '/opt/debug/bin/remote-debug --port 4444', { port: 4444 });
  }
}

export function startService(host: HostModel, name: ServiceName): void {
  const port = servicePorts[name];
  const args = `/opt/${name}/bin/${name} --port ${port} --pidfile /run/${name}.pid`;
  const { pid } = startProcess(host, name, args, { port });
  host.files.set(`/run/${name}.pid`, `${pid}\n`);
}

export function stopService(host: HostModel, name: ServiceName): void {
  const running = processOfService(host, name);
  if (running) killProcess(host, running.pid);
  host.files.delete(`/run/${name}.pid`);
}

/** The living process that the service's pid file names. */
export function processOfService(host: HostModel, name: string): ModelProcess | undefined {
  const pid = Number(host.files.get(`/run/${name}.pid`)?.trim());
  return host.processes.get(pid);
}

export function killProcess(host: HostModel, pid: number): boolean {
  return host.processes.delete(pid);
}

export function startProcess(
  host: HostModel,
  program: string,
  args: string,
  more: Partial<ModelProcess> = {},
): ModelProcess {
  const pid = host.nextPid++;
  const base = {
    pid,
    user: 'root',
    program,
    args,
    rssKib: 6_400,
    nice: 0,
    startedAtMs: Date.now(),
    cpuPercent: 0,
    port: null,
  };
  const process: ModelProcess = { ...base, ...more };
  host.processes.set(pid, process);
  return process;
}

export type WriteRefusal = 'No such file or directory' | 'No space left on device' | 'Is a directory' | 'File exists';

/** null when it is written. */
export function writeFile(host: HostModel, path: string, text: string): WriteRefusal | null {
  if (host.files.get(path) === null) return 'Is a directory';
  if (!isDirectory(host, parentOf(path))) return 'No such file or directory';
  const disk = filesystemOf(host, path);
  const isNew = !host.files.has(path);
  const moreKib = Math.ceil((text.length - (host.files.get(path)?.length ?? 0)) / 1024);
  if ((isNew && disk.usedInodes >= disk.totalInodes) || disk.usedKib + moreKib > disk.totalKib)
    return 'No space left on device';
  disk.usedKib += moreKib;
  if (isNew) disk.usedInodes += 1;
  host.files.set(path, text);
  return null;
}

export function addDirectory(host: HostModel, path: string): WriteRefusal | null {
  if (host.files.has(path)) return 'File exists';
  if (!isDirectory(host, parentOf(path))) return 'No such file or directory';
  const disk = filesystemOf(host, path);
  if (disk.usedInodes >= disk.totalInodes) return 'No space left on device';
  disk.usedInodes += 1;
  host.files.set(path, null);
  return null;
}

export function removeFile(host: HostModel, path: string): void {
  const disk = filesystemOf(host, path);
  disk.usedKib -= Math.ceil((host.files.get(path)?.length ?? 0) / 1024);
  disk.usedInodes -= 1;
  host.files.delete(path);
}

export function filesystemOf(host: HostModel, path: string): ModelFilesystem {
  const candidates = host.filesystems.filter(
    ({ mountPoint }) => mountPoint === '/' || `${path}/`.startsWith(`${mountPoint}/`),
  );
  return candidates.reduce((best, one) => (one.mountPoint.length > best.mountPoint.length ? one : best));
}

export function isDirectory(host: HostModel, path: string): boolean {
  return path === '/' || host.files.get(path) === null;
}

/** Names in a directory, sorted. */
export function listDirectory(host: HostModel, path: string): string[] {
  const prefix = path === '/' ? '/' : `${path}/`;
  const names = [...host.files.keys()].filter(
    (one) => one.startsWith(prefix) && !one.slice(prefix.length).includes('/'),
  );
  return names.map((one) => one.slice(prefix.length)).sort();
}

/** A file's content, also of those in /proc that are made when read; undefined when there is none. */
export function readModelFile(host: HostModel, path: string): string | null | undefined {
  switch (path) {
    case '/proc/sys/kernel/random/boot_id':
      return `${host.bootId}\n`;
    case '/proc/sys/kernel/hostname':
      return `${host.spec.name}\n`;
    case '/proc/uptime':
      return `${((Date.now() - host.bootedAtMs) / 1000).toFixed(2)} 0.00\n`;
    case '/proc/loadavg':
      return `${loadAverage(host)} 1/${host.processes.size} ${host.nextPid}\n`;
    case '/proc/meminfo': {
      const { totalKib, availableKib } = memoryOf(host);
      return `MemTotal:       ${totalKib} kB\nMemFree:        ${availableKib} kB\nMemAvailable:   ${availableKib} kB\nSwapTotal:      0 kB\nSwapFree:       0 kB\n`;
    }
    case '/dev/null':
      return '';
    default:
      return host.files.get(path);
  }
}

export function memoryOf(host: HostModel): { totalKib: number; availableKib: number } {
  const totalKib = 1_048_576;
  const used = [...host.processes.values()].reduce((sum, process) => sum + process.rssKib, 60_000);
  return { totalKib, availableKib: totalKib - used };
}

export function loadAverage(host: HostModel): string {
  const load = [...host.processes.values()].reduce((sum, process) => sum + process.cpuPercent, 0) / 100;
  return [load, load, load].map((value) => value.toFixed(2)).join(' ');
}

function makeDirectory(host: HostModel, path: string): void {
  const parts = path.split('/').slice(1);
  for (let end = 1; end <= parts.length; end += 1) host.files.set(`/${parts.slice(0, end).join('/')}`, null);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
