// Data: programs that look at processes, memory and who is there.
import { address, addressOrShortName } from './addresses.ts';
import type { ProgramInput } from './schema.ts';

/**
 * An account name for `ps -u`, or a command for `ps -C`. When no such account exists, ps reads its arguments once more the BSD way, where a
 * lone `e` shows the environment of every process: so a name with an `e` must hold a letter that is no BSD option.
 */
const account = {
  pattern:
    '[a-df-zA-Z0-9_.,-]*|[A-Za-z0-9_.,-]*[bdiyz0-9_.,-][A-Za-z0-9_.,-]*|postgres|apache|oracle|memcache|jenkins|elastic|root|tomcat',
};

const processId = { pattern: '[1-9][0-9]*' };
/** How often it reports before it ends, and the seconds between: a day at most. */
const rounds = { pattern: '[1-9][0-9]{0,2}' };
const pause = { pattern: '[0-9]{1,2}(?:[.][0-9]{1,3})?' };

const timeOfDay = { pattern: '[0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?' };

const interval = { rest: 'interval', max: 2, sampling: true } as const;

export const processPrograms: readonly ProgramInput[] = [
  {
    name: 'ps',
    letters: 'AadefFHjlLMNTwyZcV',
    switches: ['--forest', '--no-headers', '--no-heading', '--headers', '--deselect', '--cumulative'],
    options: {
      '-o': 'columns',
      '-O': 'columns',
      '--format': 'columns',
      '--sort': { pattern: '[+a-z_%,-]+' },
      '-C': { pattern: `(?:${account.pattern}|node|chrome|[A-Za-z0-9_.,:@/-]*[:@/][A-Za-z0-9_.,:@/-]*)(?<=..)` },
      '-p': { pattern: '[0-9, ]+' },
      '-q': { pattern: '[0-9, ]+' },
      '--pid': { pattern: '[0-9, ]+' },
      '--ppid': { pattern: '[0-9, ]+' },
      '-t': { pattern: '(pts/|tty)[0-9]+' },
      '-u': account,
      '-U': account,
      '--user': account,
      '--cols': 'count',
      '--columns': 'count',
      '--width': 'count',
    },
    // BSD options without `e`, process ids, and column lists that can't be taken for options.
    operands: {
      rest: {
        pattern:
          '[acfghjlmnrsuvwxAHLSTXZ]+|[acfghjlmnrsuvwxAHLSTXZ]*o|[acfhlnrsuvwxj]*p|[0-9]+|(?!.*environ)[a-z_%]+(=?,[a-z_%]+)+=?',
      },
    },
    refused: { e: ['reads_secret', 'shows the environment of processes'] },
  },
  {
    name: 'pgrep',
    letters: 'acfilnovxwA',
    switches: ['--full', '--exact', '--list-name', '--list-full', '--count', '--newest', '--oldest', '--ignore-case'],
    options: {
      '-d': 'text',
      '-u': 'word',
      '-U': 'word',
      '-P': 'word',
      '-t': 'word',
      '-g': 'word',
      '-s': 'word',
      '-G': 'word',
      '--euid': 'word',
      '--parent': 'word',
    },
    operands: { first: ['text'], max: 1 },
    output: { kind: 'many-digits', switches: ['-f', '-x', '-n', '-o', '-u', '-i', '-P', '-fx', '-xf', '-nx', '-of'] },
  },
  {
    name: 'pidof',
    letters: 'csxqz',
    options: { '-o': 'word' },
    operands: { rest: 'word', min: 1 },
    output: { kind: 'many-digits', switches: ['-s', '-x'] },
  },
  {
    name: 'top',
    letters: 'bcHiSE1',
    options: {
      '-n': rounds,
      '-d': pause,
      '-o': { pattern: '[+-]?[A-Z%]+' },
      '-p': { pattern: '[0-9,]+' },
      '-u': 'word',
      '-U': 'word',
      '-w': { floating: 'count' },
      '-E': 'word',
      '-e': 'word',
    },
    // The width of `-w 200` stands apart.
    operands: { first: ['count'], max: 1 },
    requires: [['-b'], ['-n']],
  },
  { name: 'uptime', letters: 'psV', switches: ['--pretty', '--since'] },
  {
    name: 'free',
    letters: 'bkmghltwvL',
    switches: [
      '--bytes',
      '--kilo',
      '--mega',
      '--giga',
      '--kibi',
      '--mebi',
      '--gibi',
      '--human',
      '--lohi',
      '--total',
      '--wide',
      '--si',
    ],
    options: { '-c': rounds, '--count': rounds },
  },
  {
    name: 'vmstat',
    letters: 'afmnsdDtwVy',
    options: { '-S': 'word' },
    switches: ['--active', '--slabs', '--stats', '--disk', '--timestamp', '--wide', '--one-header'],
    operands: interval,
  },
  {
    name: 'iostat',
    letters: 'cdhkmNstxyz',
    options: { '-p': { floating: 'word' }, '-o': 'word' },
    operands: { rest: 'word', max: 6, sampling: true },
  },
  {
    name: 'mpstat',
    letters: 'AuTHV',
    options: { '-P': 'word', '-I': 'word', '-N': 'word', '-o': 'word' },
    operands: interval,
  },
  {
    name: 'pidstat',
    letters: 'dhHlIRrsStuUvVwZ',
    options: { '-p': 'word', '-C': 'text', '-T': 'word', '-G': 'text' },
    operands: interval,
    refused: { '-e': ['unknown', 'runs a program'] },
  },
  {
    name: 'sar',
    letters: 'AbBCdDFhHpqrRStuvvwWyz',
    options: {
      '-n': 'word',
      '-P': 'word',
      '-I': 'word',
      '-m': 'word',
      // Without a time of the day it takes none, and the next word would be an interval.
      '-s': timeOfDay,
      '-e': timeOfDay,
      '-f': 'content',
      '-i': 'count',
    },
    operands: interval,
    refused: { '-o': ['writes', 'writes a file'] },
  },
  {
    name: 'iotop',
    letters: 'bokatqP',
    switches: ['--only', '--batch', '--processes', '--accumulated', '--kilobytes', '--time'],
    options: { '-n': rounds, '-d': pause, '-p': 'count', '-u': 'word' },
    requires: [['-b', '--batch'], ['-n']],
  },
  {
    name: 'slabtop',
    letters: 'o',
    switches: ['--once'],
    options: { '-s': 'word', '--sort': 'word' },
    requires: [['-o', '--once']],
  },
  { name: 'pmap', letters: 'xXdqp', operands: { rest: { pattern: '[0-9]+' }, min: 1 } },
  { name: 'pwdx', operands: { rest: 'count', min: 1 } },
  {
    name: 'pstree',
    letters: 'acghlnpsStTuUZA',
    options: { '-H': 'count', '-N': 'word' },
    operands: { first: ['word'], max: 1 },
  },
  {
    name: 'lsof',
    letters: 'abChlnNOPRtUvVwX',
    // Others repeat without an end, take a list of mounts from a file, or cross into file systems.
    plus: true,
    switches: ['+L', '+L1', '+L2', '+c0', '+c15', '+c20', '+w', '+d', '+D'],
    options: {
      // A name of a host would be asked of a name server.
      '-i': {
        floating: { pattern: '[46]?(?:(?:TCP|UDP|tcp|udp)(?:@[0-9.]+)?|@[0-9.]+)?(?::[A-Za-z0-9,-]+)?|[^@:]*/[^@:]*' },
      },
      '-p': 'word',
      '-u': 'text',
      '-c': 'text',
      '-d': 'text',
      '-g': { optional: 'word' },
      '-F': { optional: 'word' },
      '-s': { optional: 'word' },
      '-T': { optional: 'word' },
      '-S': { optional: 'count' },
    },
    operands: { rest: 'name-of-file' },
  },
  {
    name: 'fuser',
    letters: 'almsuvV',
    options: { '-n': 'word' },
    operands: { rest: 'name-of-file', min: 1 },
    refused: { '-k': ['controls_service', 'kills processes'] },
  },
  { name: 'lslocks', letters: 'Jnru', options: { '-o': 'word', '-p': 'count' } },
  { name: 'lsns', letters: 'Jlnruw', options: { '-o': 'word', '-p': 'count', '-t': 'word' } },
  { name: 'lsipc', letters: 'msqgctJbPryu', options: { '-i': 'count' } },
  { name: 'ipcs', letters: 'amqstclpub', options: { '-i': 'count' } },
  { name: 'numastat', letters: 'cmnvsz', options: { '-p': 'word' } },
  {
    name: 'numactl',
    letters: 'Hs',
    switches: ['--hardware', '--show'],
    requires: [['-H', '-s', '--hardware', '--show']],
  },
  // `-p` is a switch, and options end at the first operand: with a second one it would set what it shows.
  {
    name: 'taskset',
    parsing: 'exact',
    switches: ['-p', '-c', '-a', '-cp', '-pc', '-ap', '-acp', '-apc', '--pid', '--cpu-list', '--all-tasks'],
    requires: [['-p', '-cp', '-pc', '-ap', '-acp', '-apc', '--pid']],
    operands: { first: [processId], min: 1, max: 1 },
    otherwise: 'controls_service',
  },
  {
    name: 'chrt',
    parsing: 'exact',
    switches: ['-p', '-a', '-ap', '-m', '--pid', '--all-tasks', '--max'],
    requires: [['-p', '-ap', '-m', '--pid', '--max']],
    operands: { first: [processId], min: 1, max: 1, minUnless: ['-m', '--max'] },
    otherwise: 'controls_service',
  },
  { name: 'who', letters: 'abdHlmpqrsTtuw', operands: { rest: { oneOf: ['am', 'i', 'I'] }, max: 2 } },
  { name: 'w', letters: 'fhiosuV', operands: { first: ['word'], max: 1 } },
  { name: 'users' },
  { name: 'whoami', also: ['logname'], output: { kind: 'token', alone: true } },
  {
    name: 'id',
    letters: 'aGgnruzZ',
    switches: ['--user', '--group', '--groups', '--name', '--real'],
    operands: { rest: 'word' },
    output: { kind: 'token', switches: ['-u', '-g', '-un', '-gn'], needs: ['-u', '-g', '-un', '-gn'] },
  },
  { name: 'groups', operands: { rest: 'word' } },
  {
    name: 'last',
    also: ['lastb'],
    letters: 'adFiRwx',
    options: {
      '-n': 'count',
      '-s': 'text',
      '-t': 'text',
      '-p': 'text',
      '--since': 'text',
      '--until': 'text',
      '--time-format': 'word',
    },
    numericSwitch: true,
    operands: { rest: 'word' },
  },
  { name: 'lastlog', options: { '-u': 'word', '-t': 'count', '-b': 'count' } },
  {
    name: 'lslogins',
    letters: 'aceGLnprsuz',
    options: { '-o': { floating: 'word' }, '-g': 'word', '-l': 'word' },
    operands: { first: ['word'], max: 1 },
  },
  {
    name: 'getent',
    subcommands: {
      'passwd|group|services|protocols|netgroup|ethers|rpc|initgroups': {
        operands: { rest: { pattern: '[A-Za-z0-9_.:@/-]+' } },
      },
      // These ask name servers.
      'hosts|networks': { operands: { rest: addressOrShortName } },
      'ahosts|ahostsv4|ahostsv6': {
        operands: { rest: { pattern: `${address.pattern}|localhost` } },
      },
    },
  },
  { name: 'tty', letters: 's' },
  {
    name: 'chage',
    parsing: 'exact',
    switches: ['-l', '--list', '-i', '--iso8601'],
    requires: [['-l', '--list']],
    operands: { first: [{ pattern: '[A-Za-z0-9_][A-Za-z0-9_.@-]*' }], min: 1, max: 1 },
    otherwise: 'changes_users',
  },
  {
    name: 'passwd',
    letters: 'S',
    switches: ['--status'],
    requires: [['-S', '--status']],
    operands: { first: ['word'], max: 1 },
    otherwise: 'changes_users',
  },
  {
    name: 'faillog',
    letters: 'a',
    options: { '-u': 'word', '-t': 'count' },
    otherwise: 'changes_users',
  },
  {
    // A limit that stands beside its name is set.
    name: 'prlimit',
    parsing: 'exact',
    switches: ['--nofile', '--nproc', '--core', '--memlock', '--stack', '--as', '--noheadings', '--raw'],
    options: { '-p': processId, '--pid': processId },
    requires: [['-p', '--pid']],
    otherwise: 'controls_service',
  },
  {
    name: 'smem',
    letters: 'Hpantkwumr',
    options: { '-s': 'word', '-c': 'text', '-P': 'text', '-U': 'text', '-M': 'text' },
  },
  {
    name: 'faillock',
    options: { '--user': 'word' },
    refused: { '--reset': ['changes_users', 'resets the failed logins'] },
    otherwise: 'changes_users',
  },
  { name: 'lscgroup', operands: { rest: 'word' } },
  // Options of the virtual machine that it runs in (`-J`) may run a program.
  { name: 'jps', parsing: 'exact', switches: ['-l', '-q', '-m', '-lm', '-ml'] },
  {
    name: 'jstat',
    parsing: 'exact',
    switches: [
      '-gc',
      '-gcutil',
      '-gccapacity',
      '-gcnew',
      '-gcold',
      '-gccause',
      '-gcmetacapacity',
      '-class',
      '-compiler',
    ],
    requires: [
      ['-gc', '-gcutil', '-gccapacity', '-gcnew', '-gcold', '-gccause', '-gcmetacapacity', '-class', '-compiler'],
    ],
    operands: { first: ['count', { pattern: '[1-9][0-9]{0,5}' }, { pattern: '[1-9][0-9]{0,3}' }], min: 3, max: 3 },
  },
  {
    name: 'dstat',
    letters: 'cdgilmnprstTvy',
    operands: { first: [{ pattern: '[1-9][0-9]{0,3}' }, { pattern: '[1-9][0-9]{0,3}' }], min: 2, max: 2 },
  },
];
