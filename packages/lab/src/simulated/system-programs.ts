// Programs that show the state of a simulated host. Entered by run-shell through programs.ts. They read the model only.
import { X509Certificate } from 'node:crypto';
import {
  filesystemOf,
  loadAverage,
  type ModelFilesystem,
  type ModelProcess,
  memoryOf,
  readModelFile,
} from './host-model.ts';
import { formatTable, notSimulated, type Program, type ProgramCall, parseOptions } from './program.ts';

export const systemPrograms: Record<string, Program> = {
  date,
  df,
  'dpkg-query': dpkgQuery,
  free,
  hostname,
  id,
  nproc,
  openssl,
  ps,
  ss,
  uname,
  uptime,
  whoami,
};

const kernelRelease = '6.1.0-simulated';

function hostname(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['s', 'f', 'I', 'fqdn', 'short'], []);
  if (unknown || operands.length > 0) return notSimulated(call, unknown ?? operands.join(' '));
  const { name } = call.host.spec;
  if (flags.has('I')) call.out(`${call.host.address} \n`);
  else call.out(`${flags.has('f') || flags.has('fqdn') ? `${name}.lab` : name}\n`);
  return 0;
}

function uname(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['a', 's', 'n', 'r', 'v', 'm', 'o'], []);
  if (unknown || operands.length > 0) return notSimulated(call, unknown ?? operands.join(' '));
  const parts: [string, string][] = [
    ['s', 'Linux'],
    ['n', call.host.spec.name],
    ['r', kernelRelease],
    ['v', '#1 simulated'],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const wanted = parts.filter(([flag]) => flags.has('a') || flags.has(flag) || (flags.size === 0 && flag === 's'));
  call.out(`${wanted.map(([, text]) => text).join(' ')}\n`);
  return 0;
}

function whoami(call: ProgramCall): number {
  call.out('root\n');
  return 0;
}

function id(call: ProgramCall): number {
  const { flags, unknown } = parseOptions(call.args, ['u', 'n', 'g'], []);
  if (unknown) return notSimulated(call, unknown);
  if (flags.has('u') || flags.has('g')) call.out(flags.has('n') ? 'root\n' : '0\n');
  else call.out('uid=0(root) gid=0(root) groups=0(root)\n');
  return 0;
}

function nproc(call: ProgramCall): number {
  call.out('1\n');
  return 0;
}

function date(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['u', 'utc'], []);
  if (unknown || operands.length > 1) return notSimulated(call, unknown ?? operands.join(' '));
  const [wanted = '+%a %b %e %H:%M:%S UTC %Y'] = operands;
  if (!wanted.startsWith('+')) return notSimulated(call, wanted);
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const [day = '', , month = ''] = now.toUTCString().replace(',', '').split(' ');
  const parts: Record<string, string> = {
    Y: String(now.getUTCFullYear()),
    m: two(now.getUTCMonth() + 1),
    d: two(now.getUTCDate()),
    e: String(now.getUTCDate()).padStart(2),
    H: two(now.getUTCHours()),
    M: two(now.getUTCMinutes()),
    S: two(now.getUTCSeconds()),
    s: String(Math.floor(now.getTime() / 1000)),
    F: now.toISOString().slice(0, 10),
    T: now.toISOString().slice(11, 19),
    Z: 'UTC',
    z: '+0000',
    a: day,
    b: month,
    '%': '%',
  };
  const stranger = [...wanted.matchAll(/%(.)/g)].find(([, letter = '']) => parts[letter] === undefined);
  if (stranger) return notSimulated(call, stranger[0]);
  void flags;
  call.out(`${wanted.slice(1).replace(/%(.)/g, (_, letter: string) => parts[letter] ?? '')}\n`);
  return 0;
}

function uptime(call: ProgramCall): number {
  const { flags, unknown } = parseOptions(call.args, ['p', 's'], []);
  if (unknown) return notSimulated(call, unknown);
  const minutes = Math.floor((Date.now() - call.host.bootedAtMs) / 60_000);
  const hours = Math.floor(minutes / 60);
  if (flags.has('s')) call.out(`${new Date(call.host.bootedAtMs).toISOString().slice(0, 19).replace('T', ' ')}\n`);
  else if (flags.has('p')) call.out(`up ${hours > 0 ? `${hours} hours, ` : ''}${minutes % 60} minutes\n`);
  else {
    const up = hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}` : `${minutes} min`;
    const load = loadAverage(call.host).replaceAll(' ', ', ');
    call.out(` ${new Date().toISOString().slice(11, 19)} up ${up},  0 users,  load average: ${load}\n`);
  }
  return 0;
}

function free(call: ProgramCall): number {
  const { flags, unknown } = parseOptions(call.args, ['m', 'k', 'g'], []);
  if (unknown) return notSimulated(call, unknown);
  const { totalKib, availableKib } = memoryOf(call.host);
  const unit = flags.has('g') ? 1_048_576 : flags.has('m') ? 1_024 : 1;
  const show = (kib: number) => String(Math.floor(kib / unit));
  const rows = [
    ['', 'total', 'used', 'free', 'shared', 'buff/cache', 'available'],
    ['Mem:', show(totalKib), show(totalKib - availableKib), show(availableKib), '0', '0', show(availableKib)],
    ['Swap:', '0', '0', '0'],
  ];
  call.out(formatTable(rows, new Set([1, 2, 3, 4, 5, 6])));
  return 0;
}

function df(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['P', 'k', 'h', 'i', 'a', 'l'], []);
  if (unknown) return notSimulated(call, unknown);
  let disks: ModelFilesystem[] = call.host.filesystems;
  let status = 0;
  if (operands.length > 0) {
    disks = [];
    for (const operand of operands) {
      const path = call.resolve(operand);
      if (path === '/' || readModelFile(call.host, path) !== undefined) disks.push(filesystemOf(call.host, path));
      else {
        call.err(`df: ${operand}: No such file or directory\n`);
        status = 1;
      }
    }
    if (disks.length === 0) return status;
  }
  const isHuman = flags.has('h');
  const percent = (used: number, total: number) => `${Math.ceil((used / total) * 100)}%`;
  const rows = disks.map(({ source, mountPoint, totalKib, usedKib, totalInodes, usedInodes }) => {
    const [total, used] = flags.has('i') ? [totalInodes, usedInodes] : [totalKib, usedKib];
    const show = (value: number) => (isHuman && !flags.has('i') ? humanKib(value) : String(value));
    return [source, show(total), show(used), show(total - used), percent(used, total), mountPoint];
  });
  const header = flags.has('i')
    ? ['Filesystem', 'Inodes', 'IUsed', 'IFree', 'IUse%', 'Mounted on']
    : flags.has('P')
      ? ['Filesystem', isHuman ? 'Size' : '1024-blocks', 'Used', 'Available', 'Capacity', 'Mounted on']
      : ['Filesystem', isHuman ? 'Size' : '1K-blocks', 'Used', isHuman ? 'Avail' : 'Available', 'Use%', 'Mounted on'];
  call.out(formatTable([header, ...rows], new Set([1, 2, 3, 4])));
  return status;
}

function humanKib(kib: number): string {
  for (const [unit, size] of [
    ['G', 1_048_576],
    ['M', 1_024],
  ] as const) {
    if (kib >= size)
      return `${kib / size >= 10 ? Math.ceil(kib / size) : (Math.ceil((kib / size) * 10) / 10).toFixed(1)}${unit}`;
  }
  return kib === 0 ? '0' : `${kib}K`;
}

/** How a column is called and filled. */
const processColumns: Record<string, { title: string; isRight: boolean; of: (process: ModelProcess) => string }> = {
  pid: { title: 'PID', isRight: true, of: ({ pid }) => String(pid) },
  ppid: { title: 'PPID', isRight: true, of: ({ pid }) => (pid === 1 ? '0' : '1') },
  user: { title: 'USER', isRight: false, of: ({ user }) => user },
  stat: {
    title: 'STAT',
    isRight: false,
    of: ({ nice, cpuPercent }) => `${cpuPercent > 50 ? 'R' : 'S'}${nice > 0 ? 'N' : ''}s`,
  },
  pcpu: { title: '%CPU', isRight: true, of: ({ cpuPercent }) => cpuPercent.toFixed(1) },
  pmem: { title: '%MEM', isRight: true, of: ({ rssKib }) => (rssKib / 10_485.76).toFixed(1) },
  rss: { title: 'RSS', isRight: true, of: ({ rssKib }) => String(rssKib) },
  ni: { title: 'NI', isRight: true, of: ({ nice }) => String(nice) },
  etimes: { title: 'ELAPSED', isRight: true, of: (process) => String(ageSeconds(process)) },
  cputimes: {
    title: 'TIME',
    isRight: true,
    of: (process) => String(Math.floor((ageSeconds(process) * process.cpuPercent) / 100)),
  },
  comm: { title: 'COMMAND', isRight: false, of: ({ program }) => program },
  args: { title: 'COMMAND', isRight: false, of: ({ args }) => args },
};
const columnAliases: Record<string, string> = {
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  cmd: 'args',
  command: 'args',
  nice: 'ni',
  ucmd: 'comm',
  uname: 'user',
};

function ageSeconds(process: ModelProcess): number {
  return Math.floor((Date.now() - process.startedAtMs) / 1000);
}

function ps(call: ProgramCall): number {
  const args = call.args.map((argument) => (/^-?(aux|axu)$/.test(argument) ? '-F' : argument));
  const { flags, values, operands, unknown } = parseOptions(
    args,
    ['e', 'A', 'f', 'F', 'no-headers'],
    ['o', 'p', 'C', 'sort', 'format', 'pid'],
  );
  if (unknown || operands.length > 0) return notSimulated(call, unknown ?? operands.join(' '));
  const format = (
    values.get('o') ??
    values.get('format') ?? [
      flags.has('F') ? 'user,pid,pcpu,pmem,rss,stat,args' : flags.has('f') ? 'user,pid,ppid,args' : 'pid,comm',
    ]
  ).flatMap((text) => text.split(','));
  const columns = format.map((text) => {
    const [name = '', title] = text.trim().split('=');
    const column = processColumns[columnAliases[name] ?? name];
    return column && { ...column, title: title ?? (text.includes('=') ? '' : column.title) };
  });
  const stranger = columns.indexOf(undefined);
  if (stranger >= 0) return notSimulated(call, `column ${format[stranger]}`);
  const pids = (values.get('p') ?? values.get('pid'))?.flatMap((text) => text.split(',')).map(Number);
  const programs = values.get('C');
  let processes = [...call.host.processes.values()].filter(
    (process) => (!pids || pids.includes(process.pid)) && (!programs || programs.includes(process.program)),
  );
  for (const key of (values.get('sort')?.[0] ?? '')
    .split(',')
    .filter((one) => one !== '')
    .reverse()) {
    const name = key.replace(/^[+-]/, '');
    const column = processColumns[columnAliases[name] ?? name];
    if (!column) return notSimulated(call, `--sort=${key}`);
    const order = (a: ModelProcess, b: ModelProcess) =>
      column.isRight ? Number(column.of(a)) - Number(column.of(b)) : column.of(a).localeCompare(column.of(b));
    processes = processes.toSorted((a, b) => (key.startsWith('-') ? order(b, a) : order(a, b)));
  }
  const known = columns.filter((column) => column !== undefined);
  const rows = processes.map((process) => known.map((column) => column.of(process)));
  const header = known.map((column) => column.title);
  const hasHeader = !flags.has('no-headers') && header.some((title) => title !== '');
  const right = new Set(known.flatMap((column, at) => (column.isRight ? [at] : [])));
  call.out(formatTable(hasHeader ? [header, ...rows] : rows, right));
  return processes.length > 0 ? 0 : 1;
}

function ss(call: ProgramCall): number {
  const { flags, operands, unknown } = parseOptions(call.args, ['l', 't', 'u', 'n', 'p', 'H', 'a', 'x', '4', '6'], []);
  if (unknown || operands.length > 0) return notSimulated(call, unknown ?? operands.join(' '));
  const hasBoth = flags.has('u') && flags.has('t');
  const columns = [
    'State',
    'Recv-Q',
    'Send-Q',
    'Local Address:Port',
    'Peer Address:Port',
    ...(flags.has('p') ? ['Process'] : []),
  ];
  const listeners =
    flags.has('u') && !flags.has('t') ? [] : [...call.host.processes.values()].filter(({ port }) => port !== null);
  const rows = listeners.map(({ program, pid, port }) => {
    const row = ['LISTEN', '0', '64', `0.0.0.0:${port}`, '0.0.0.0:*'];
    return flags.has('p') ? [...row, `users:(("${program}",pid=${pid},fd=3))`] : row;
  });
  const table = flags.has('H') ? rows : [columns, ...rows];
  call.out(
    formatTable(
      hasBoth ? table.map((row, at) => [at === 0 && !flags.has('H') ? 'Netid' : 'tcp', ...row]) : table,
      new Set(),
    ),
  );
  return 0;
}

function openssl(call: ProgramCall): number {
  const [subcommand, ...args] = call.args;
  if (subcommand === 'version') {
    call.out('OpenSSL 3.0.0 (simulated)\n');
    return 0;
  }
  if (subcommand !== 'x509') return notSimulated(call, subcommand ?? 'no command');
  // openssl's long options have one dash.
  const { flags, values, operands, unknown } = parseOptions(
    args.map((argument) => argument.replace(/^-(?=[a-z])/, '--')),
    ['noout', 'enddate', 'startdate', 'dates', 'subject', 'issuer'],
    ['in', 'checkend'],
  );
  if (unknown || operands.length > 0) return notSimulated(call, unknown ?? operands.join(' '));
  const file = values.get('in')?.[0];
  const text = file === undefined ? call.input.text : readModelFile(call.host, call.resolve(file));
  if (typeof text !== 'string') {
    call.err(`Can't open ${file} for reading, No such file or directory\n`);
    return 1;
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text);
  } catch {
    call.err(`Could not read certificate from ${file ?? '<stdin>'}\n`);
    return 1;
  }
  if (flags.has('startdate') || flags.has('dates')) call.out(`notBefore=${certificate.validFrom}\n`);
  if (flags.has('enddate') || flags.has('dates')) call.out(`notAfter=${certificate.validTo}\n`);
  if (flags.has('subject')) call.out(`subject=${certificate.subject.replaceAll('=', ' = ').replaceAll('\n', ', ')}\n`);
  if (flags.has('issuer')) call.out(`issuer=${certificate.issuer.replaceAll('=', ' = ').replaceAll('\n', ', ')}\n`);
  const withinSeconds = values.get('checkend')?.[0];
  if (!flags.has('noout')) call.out(text);
  if (withinSeconds === undefined) return 0;
  const isEnding = Date.parse(certificate.validTo) < Date.now() + Number(withinSeconds) * 1000;
  call.out(`Certificate will ${isEnding ? '' : 'not '}expire\n`);
  return Number(isEnding);
}

function dpkgQuery(call: ProgramCall): number {
  const { flags, values, operands, unknown } = parseOptions(call.args, ['W', 'l', 'show'], ['f', 'showformat']);
  if (unknown || flags.has('l')) return notSimulated(call, unknown ?? '-l');
  // -f=FORMAT keeps its equals sign in the short form.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: fields of dpkg-query
  const format = (values.get('f') ?? values.get('showformat'))?.[0]?.replace(/^=/, '') ?? '${Package}\\t${Version}\\n';
  const fields = (name: string, version: string): Record<string, string> => ({
    Package: name,
    'binary:Package': name,
    Version: version,
    Architecture: 'all',
    Status: 'install ok installed',
    'db:Status-Abbrev': 'ii ',
    'db:Status-Status': 'installed',
  });
  const stranger = [...format.matchAll(/\$\{([^}]*)\}/g)].find(([, field = '']) => fields('', '')[field] === undefined);
  if (stranger) return notSimulated(call, stranger[0]);
  let status = 0;
  for (const name of operands.length > 0 ? operands : [...call.host.packages.keys()].sort()) {
    const version = call.host.packages.get(name);
    if (version === undefined) {
      call.err(`dpkg-query: no packages found matching ${name}\n`);
      status = 1;
      continue;
    }
    const text = format.replace(/\$\{([^}]*)\}/g, (_, field: string) => fields(name, version)[field] ?? '');
    call.out(text.replaceAll('\\n', '\n').replaceAll('\\t', '\t'));
  }
  return status;
}
