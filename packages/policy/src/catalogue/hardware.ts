// Data: programs that describe the machine.
import type { ProgramInput } from './schema.ts';

const disk = { pattern: '/dev/[A-Za-z0-9_/-]+' };

export const hardwarePrograms: readonly ProgramInput[] = [
  {
    name: 'lscpu',
    letters: 'abcexpJyrC',
    switches: ['--all', '--online', '--offline', '--json'],
    options: { '-e': { optional: 'word' }, '--extended': { optional: 'word' }, '--parse': { optional: 'word' } },
  },
  {
    name: 'lsmem',
    letters: 'abJnPr',
    switches: ['--all', '--bytes', '--json', '--raw'],
    options: { '-o': 'word', '--summary': { optional: 'word' } },
  },
  { name: 'lspci', letters: 'bDkmnPtvx', options: { '-s': 'word', '-d': 'word' } },
  { name: 'lsusb', letters: 'tv', options: { '-s': 'word', '-d': 'word' } },
  {
    name: 'lshw',
    parsing: 'exact',
    switches: ['-short', '-businfo', '-quiet', '-sanitize', '-numeric', '-json'],
    options: { '-class': 'word', '-c': 'word', '-C': 'word' },
  },
  {
    name: 'dmidecode',
    letters: 'qu',
    options: { '-t': 'word', '--type': 'word', '-s': 'word', '--string': 'word' },
    otherwise: 'writes',
  },
  {
    name: 'smartctl',
    letters: 'aHiAcxj',
    switches: [
      '--all',
      '--health',
      '--info',
      '--attributes',
      '--capabilities',
      '--xall',
      '--scan',
      '--scan-open',
      '--json',
    ],
    options: {
      '-l': { oneOf: ['error', 'selftest', 'xerror', 'xselftest', 'background', 'devstat', 'ssd', 'sataphy'] },
      '-d': 'word',
      '-n': { oneOf: ['standby', 'idle', 'sleep', 'never'] },
    },
    operands: { first: [disk], max: 1 },
    otherwise: 'writes',
  },
  {
    name: 'hdparm',
    letters: 'iI',
    requires: [['-i', '-I']],
    operands: { first: [disk], min: 1, max: 1 },
    otherwise: 'writes',
  },
  {
    name: 'nvme',
    subcommands: {
      'list|version|list-subsys': {},
      'smart-log|error-log|id-ctrl|id-ns|fw-log': {
        options: { '-o': 'word' },
        operands: { first: [disk], min: 1, max: 1 },
      },
    },
    otherwise: 'writes',
  },
  { name: 'sensors', letters: 'Afuj', operands: { rest: 'word' } },
  {
    name: 'ipmitool',
    subcommands: {
      'sensor|sdr|fru': { bare: true, subcommands: { 'list|print|elist': {} } },
      sel: { bare: true, subcommands: { 'list|elist|info': {} } },
      chassis: { subcommands: { status: {} } },
      mc: { subcommands: { info: {} } },
      lan: { subcommands: { print: { operands: { first: ['count'], max: 1 } } } },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'nvidia-smi',
    letters: 'Lq',
    options: { '-i': 'word', '-d': 'word', '--query-gpu': 'word', '--format': 'word', '--query-compute-apps': 'word' },
    otherwise: 'writes',
  },
  { name: 'acpi', letters: 'abctiV' },
  { name: 'lsinitramfs', letters: 'l', operands: { rest: 'name-of-file', min: 1 } },
  { name: 'cpupower', subcommands: { 'frequency-info|idle-info': { letters: 'pfdg' } }, otherwise: 'writes' },
];
