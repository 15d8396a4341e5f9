// Data: uses of programs of the network that only ask: nothing comes of them, on this machine or on another, and no output of a program goes along.
// Their arguments have to be written out (`asks`). Left out is whatever reads what it asks from a file, sends its input, writes a file, runs a
// program, floods, or goes on without an end.
import type { ProgramInput } from './schema.ts';

type Asking = Pick<ProgramInput, 'does' | 'asks' | 'otherwise'>;

const asksMachines: Asking = { does: ['network', 'asks other machines'], asks: true, otherwise: 'network' };
const machine = { pattern: '[A-Za-z0-9][A-Za-z0-9.:-]{0,252}|fe80:[0-9a-f:]{1,40}%[A-Za-z0-9._-]{1,15}' };
const port = { pattern: '[1-9][0-9]{0,4}' };
const rounds = { pattern: '[1-9][0-9]{0,2}' };
const seconds = { pattern: '[0-9]{1,4}(?:[.][0-9]{1,3})?' };
const hops = { pattern: '[1-9][0-9]{0,2}' };
const device = { pattern: '[A-Za-z0-9][A-Za-z0-9_.:-]{0,45}' };

/** What is asked of a name server, and by what kind of record. */
const name = { pattern: '[A-Za-z0-9_][A-Za-z0-9_.:-]*' };
const recordTypes = 'A AAAA ANY CAA CNAME DNSKEY DS HTTPS MX NAPTR NS PTR SOA SPF SRV TLSA TXT'
  .split(' ')
  .flatMap((type) => [type, type.toLowerCase()]);
const recordType = { oneOf: recordTypes };

/** Each of these of `dig` as it stands; the others name a file or a key, or go on for long. */
const digSwitches = [
  ...'short answer all trace nssearch tcp vol recurse rec norecurse norec noall nocmd nocomments comments noquestion question'.split(
    ' ',
  ),
  ...'noauthority authority noadditional additional nostats stats multiline nomultiline dnssec nodnssec search nosearch'.split(
    ' ',
  ),
  ...'identify ttlid nottlid nsid cdflag adflag noedns'.split(' '),
  ...['time', 'timeout', 'tries', 'retry'].flatMap((option) =>
    ['1', '2', '3', '4', '5', '10'].map((count) => `${option}=${count}`),
  ),
].map((option) => `+${option}`);

const loopback = '(?:https?://)?(?:localhost|127[.]0[.]0[.]1)(?::[0-9]{1,5})?';
/** What services tell about themselves, and fetching changes nothing. */
const statePages = [
  ...['health', 'healthz', 'livez', 'readyz', 'ready', 'live', 'metrics', 'status', 'ping', 'version', 'healthcheck'],
  ...['health/(?:live|ready)', 'nginx_status', 'stub_status', 'basic_status', 'server-status', 'fpm-status'],
  ...['-/healthy', '-/ready', 'api/health', 'api/v1/health', 'actuator/(?:health(?:/(?:liveness|readiness))?|info)'],
  ...[
    '_cluster/(?:health|stats)',
    '_cat/(?:nodes|indices|health|shards|allocation|master|pending_tasks|thread_pool|count)',
  ],
  ...[
    'v1/status/(?:leader|peers)',
    'v1/health/state/(?:any|passing|warning|critical)',
    'v1/catalog/services',
    'v1/sys/health',
    'minio/health/(?:live|ready|cluster)',
  ],
].join('|');
const statePage = { pattern: `${loopback}(?:/(?:(?:${statePages})/?)?)?(?:[?](?:pretty|v|auto))?` };
const anyCase = (words: string): string => words.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
/** A name ends in a part that begins with a letter: numbers have more spellings than one can know. */
const elsewhere = `(?!.*${anyCase('metadata')})(?:(?:[A-Za-z0-9-]+[.])*[A-Za-z][A-Za-z0-9-]*|(?!169[.]254)[0-9]{1,3}(?:[.][0-9]{1,3}){3})(?::[0-9]{1,5})?`;
/** Of another machine: whether it answers, and how. */
const answeringPage = `(?:https?://)?${elsewhere}(?:/(?:(?:${statePages})/?)?)?`;
/** Where only headers come back: what a server has as a file too. Some do for HEAD what they do for GET, and some of these act on GET. */
const fileEnding = anyCase('html?|css|js|txt|ico|png|jpg|svg|gif|woff2?');
const headedPage = {
  pattern: `(?:${statePage.pattern})|${answeringPage}|${loopback}/(?!${anyCase('cgi')})(?:(?![^/]*${anyCase('cgi')})[A-Za-z0-9_~-]+/)*[A-Za-z0-9_~-][A-Za-z0-9._~-]*[.](?:${fileEnding})`,
};
/** `@file`, `%output{file}` and fields beside these would do more than tell how it went. */
const written = {
  pattern:
    '(?:[A-Za-z0-9 :,.=_/|()-]|\\\\[nt]|%[{](?:http_code|response_code|time_[a-z]+|size_[a-z]+|remote_ip|remote_port|http_version|ssl_verify_result|num_connects|content_type)[}])*',
};
/** No name or number of the cloud's metadata, whichever way it is written. */
const header = {
  pattern: `[Hh]ost: ?(?!.*${anyCase('metadata')})(?!.*169[.]254)(?![0-9xX.]+(?::|$))[A-Za-z0-9.:-]+|[Aa]ccept: ?[A-Za-z0-9/+*.,;= -]+`,
};
const curlVersion = ['-V', '--version'];
const wgetVersion = ['-V', '--version'];
const socketOfHaproxy = {
  pattern:
    '-|stdio|STDIO|(?:(?:unix-connect|UNIX-CONNECT|unix|UNIX):)?/(?:var/)?run/haproxy(?:/[a-z0-9_-]{1,32})?[.]sock(?:et)?',
};

export const askingUses: readonly ProgramInput[] = [
  {
    name: 'ping',
    also: ['ping6'],
    letters: 'nq46DO',
    options: {
      '-c': rounds,
      '-W': seconds,
      '-w': rounds,
      '-i': { pattern: '[1-9]|0[.][2-9]' },
      '-s': { pattern: '[0-9]{1,4}' },
      '-t': hops,
      '-I': device,
      '-M': { oneOf: ['do', 'dont', 'want'] },
    },
    requires: [['-c', '-w']],
    operands: { rest: machine, min: 1, max: 1 },
    ...asksMachines,
  },
  {
    name: 'dig',
    parsing: 'exact',
    switches: [...digSwitches, '-4', '-6'],
    options: { '-x': machine, '-t': recordType, '-p': port },
    operands: {
      rest: { pattern: `@?(?!(?:${anyCase('axfr|ixfr')})(?:=|$))${name.pattern}` },
      min: 1,
      max: 4,
      minUnless: ['-x'],
    },
    ...asksMachines,
  },
  {
    name: 'host',
    parsing: 'exact',
    switches: ['-4', '-6', '-a', '-v'],
    options: { '-t': recordType, '-W': rounds },
    operands: { rest: name, min: 1, max: 2 },
    ...asksMachines,
  },
  {
    name: 'nslookup',
    parsing: 'exact',
    switches: [
      ...['-debug', '-nodebug'],
      ...['-type=', '-query=', '-q='].flatMap((option) => recordTypes.map((type) => `${option}${type}`)),
    ],
    operands: { rest: name, min: 1, max: 2 },
    ...asksMachines,
  },
  {
    name: 'traceroute',
    also: ['traceroute6', 'tracepath', 'tracepath6'],
    letters: 'nb46ITU',
    options: { '-m': hops, '-w': seconds, '-q': { pattern: '[1-9]' }, '-p': port, '-f': hops },
    operands: { rest: machine, min: 1, max: 1 },
    ...asksMachines,
  },
  {
    name: 'mtr',
    letters: 'rwnbzTu46',
    switches: ['--report', '--report-wide', '--no-dns', '--show-ips', '--aslookup', '--tcp', '--udp'],
    options: {
      '-c': rounds,
      '--report-cycles': rounds,
      '-i': { pattern: '[1-9]' },
      '-P': port,
      '--port': port,
      '-m': hops,
    },
    requires: [
      ['-r', '-w', '--report', '--report-wide'],
      ['-c', '--report-cycles'],
    ],
    operands: { rest: machine, min: 1, max: 1 },
    ...asksMachines,
  },
  {
    // It opens a connection and closes it. With `-z` none of its versions reads its input. Without, it asks what servers answer in a word.
    name: 'nc',
    also: ['netcat'],
    parsing: 'posix',
    letters: 'zvnuN46',
    options: { '-w': rounds, '-q': { pattern: '[0-9]' } },
    sends: { texts: ['ruok', 'srvr', 'stat', 'mntr', 'isro', 'stats', 'version'], unless: ['-z'] },
    operands: { first: [machine], rest: port, min: 2, max: 9 },
    ...asksMachines,
  },
  {
    // Services of this machine, and of others whether they answer: what these send is not shown. It also takes options from `~/.curlrc`, which may name a file to write or another machine. That file is
    // not judged: whoever can write it is the account that the command runs as, or root, and has the same in that account's `.bashrc`. A text
    // that writes it needs an approval, and no variable that would name another such file may be set. `-q` leaves it out.
    name: 'curl',
    takesAddresses: true,
    letters: 'sSIvkfi46qV',
    switches: [
      ...['--silent', '--show-error', '--head', '--verbose', '--insecure', '--fail', '--include', '--ipv4', '--ipv6'],
      ...[
        '--disable',
        '--version',
        '--compressed',
        '--http1.1',
        '--http2',
        '--tlsv1.2',
        '--tlsv1.3',
        '--no-progress-meter',
      ],
    ],
    options: {
      '-X': { oneOf: ['GET'] },
      ...{ '-m': seconds, '--max-time': seconds, '--connect-timeout': seconds },
      ...{ '-o': { oneOf: ['/dev/null'] }, '--output': { oneOf: ['/dev/null'] } },
      ...{ '-w': written, '--write-out': written, '-H': header, '--header': header },
    },
    operands: {
      rest: statePage,
      // `-o` is for one page: a second one is shown.
      restWith: [
        { switches: ['-I', '--head'], value: headedPage },
        { switches: ['-o', '--output'], value: headedPage, alone: true },
      ],
      min: 1,
      max: 4,
      minUnless: curlVersion,
    },
    does: ['network', 'asks a service'],
    doesUnless: curlVersion,
    asks: true,
    otherwise: 'network',
  },
  {
    // It follows where it is sent, so nothing that comes is shown.
    name: 'wget',
    takesAddresses: true,
    letters: 'qS46V',
    switches: ['--quiet', '--spider', '--server-response', '--no-check-certificate', '--version'],
    options: {
      ...{ '-O': { oneOf: ['/dev/null'] }, '--output-document': { oneOf: ['/dev/null'] } },
      ...{ '-T': seconds, '--timeout': seconds, '-t': { pattern: '[1-9]' }, '--tries': { pattern: '[1-9]' } },
    },
    requires: [['-O', '--output-document', '--spider', ...wgetVersion]],
    operands: { rest: statePage, min: 1, max: 1, minUnless: wgetVersion },
    does: ['network', 'asks a service'],
    doesUnless: wgetVersion,
    asks: true,
    otherwise: 'network',
  },
  {
    // What haproxy tells about itself, through its own socket.
    name: 'socat',
    parsing: 'exact',
    operands: { first: [socketOfHaproxy, socketOfHaproxy], min: 2, max: 2 },
    sends: {
      texts: ['show stat', 'show info', 'show pools', 'show servers state', 'show servers conn', 'show activity'],
    },
    does: ['network', 'asks a service of this machine'],
    asks: true,
    otherwise: 'network',
  },
  {
    name: 'tcpdump',
    switches: ['-D', '--list-interfaces', '--version'],
    requires: [['-D', '--list-interfaces', '--version']],
    otherwise: 'network',
  },
  { name: 'whois', operands: { first: [name], min: 1, max: 1 }, ...asksMachines },
  { name: 'showmount', letters: 'ead', operands: { first: [machine], max: 1 }, ...asksMachines },
  {
    name: 'ntpdate',
    letters: 'qu46',
    requires: [['-q']],
    operands: { rest: machine, min: 1, max: 3 },
    ...asksMachines,
  },
  {
    name: 'arping',
    parsing: 'posix',
    letters: 'fqD',
    options: { '-c': rounds, '-w': rounds, '-I': device },
    requires: [['-c', '-w']],
    operands: { first: [machine], min: 1, max: 1 },
    ...asksMachines,
  },
];
