// Data: programs that describe the machine.
import { disk, diskOrController, nvmeDevice } from './disk-names.ts';
import type { ProgramInput } from './schema.ts';

/** By number or group. 11 are the strings of the maker, where a hypervisor hands over credentials. */
const tableType =
  '(?:bios|system|baseboard|chassis|processor|memory|cache|connector|slot|[0-9]|10|1[2-9]|[23][0-9]|4[0-6])';
const tableTypes = { pattern: `${tableType}(?:,${tableType})*` };

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
  { name: 'lspci', letters: 'bDkmnPtv', options: { '-s': 'word', '-d': 'word' } },
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
    options: { '-t': tableTypes, '--type': tableTypes, '-s': 'word', '--string': 'word' },
    requires: [['-t', '--type', '-s', '--string']],
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
    operands: { first: [diskOrController], max: 1 },
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
      'list|version|list-subsys': { options: { '-o': { oneOf: ['normal', 'json'] } } },
      'smart-log|error-log|id-ctrl|id-ns|fw-log': {
        options: { '-o': 'word' },
        operands: { first: [nvmeDevice], min: 1, max: 1 },
      },
    },
    otherwise: 'writes',
  },
  { name: 'sensors', letters: 'Afuj', operands: { rest: 'word' } },
  {
    name: 'ipmitool',
    subcommands: {
      'sensor|fru': { bare: true, subcommands: { 'list|print': {} } },
      sdr: {
        bare: true,
        subcommands: {
          'list|elist': {
            operands: { first: [{ oneOf: ['all', 'full', 'compact', 'event', 'mclog', 'fru', 'generic'] }], max: 1 },
          },
          type: { operands: { first: [{ pattern: '[A-Za-z][A-Za-z /]*|list' }], max: 1 } },
        },
      },
      sel: { bare: true, subcommands: { 'list|elist|info': {} } },
      chassis: { subcommands: { status: {}, power: { subcommands: { status: {} } } } },
      power: { subcommands: { status: {} } },
      'mc|bmc': { subcommands: { info: {} } },
      dcmi: { subcommands: { power: { subcommands: { reading: {} } } } },
    },
    otherwise: 'controls_service',
    refused: { lan: ['reads_secret', 'shows the community string, by which others may ask this machine'] },
  },
  {
    name: 'nvidia-smi',
    letters: 'Lq',
    options: { '-i': 'word', '-d': 'word', '--query-gpu': 'word', '--format': 'word', '--query-compute-apps': 'word' },
    bare: true,
    subcommands: {
      topo: { letters: 'm' },
      nvlink: { letters: 's', switches: ['--status'] },
      'pmon|dmon': {
        options: { '-c': { pattern: '[1-9][0-9]{0,2}' }, '-s': 'word', '-i': 'word' },
        requires: [['-c']],
      },
    },
    otherwise: 'writes',
  },
  { name: 'lsscsi', letters: 'gdstlLHkcvw', switches: ['--size', '--generic', '--transport', '--long', '--brief'] },
  {
    // It takes its words in capitals too.
    name: 'ssacli',
    also: ['hpssacli', 'hpacucli'],
    parsing: 'exact',
    switches: ['show'],
    requires: [['show']],
    operands: {
      rest: {
        pattern:
          'ctrl|controller|all|pd|physicaldrive|ld|logicaldrive|array|slot=[0-9]{1,2}|config|detail|status|[A-Z]|[0-9]{1,3}|[0-9A-Z]{1,3}:[0-9]{1,3}:[0-9]{1,3}',
      },
    },
    otherwise: 'writes',
  },
  {
    name: 'tw_cli',
    parsing: 'exact',
    switches: ['show'],
    requires: [['show']],
    operands: { rest: { pattern: '/c[0-9]{1,2}(?:/[upb][0-9]{1,3})?|all|status|unitstatus|drivestatus' } },
    otherwise: 'writes',
  },
  {
    name: 'sas2ircu',
    also: ['sas3ircu'],
    parsing: 'exact',
    switches: ['LIST', 'DISPLAY', 'STATUS', 'list', 'display', 'status'],
    requires: [['LIST', 'DISPLAY', 'STATUS', 'list', 'display', 'status']],
    operands: { first: [{ pattern: '[0-9]{1,2}' }], max: 1 },
    otherwise: 'writes',
  },
  {
    name: 'ras-mc-ctl',
    parsing: 'exact',
    switches: ['--summary', '--errors', '--status', '--error-count', '--layout', '--mainboard', '--print-labels'],
    requires: [['--summary', '--errors', '--status', '--error-count', '--layout', '--mainboard', '--print-labels']],
    otherwise: 'writes',
  },
  {
    name: 'edac-util',
    letters: 'svq',
    switches: ['--status', '--verbose'],
    options: { '-r': { optional: 'word' }, '--report': { optional: 'word' } },
  },
  // Without `--client` it takes the errors out of the kernel.
  { name: 'mcelog', parsing: 'exact', switches: ['--client'], requires: [['--client']], otherwise: 'writes' },
  { name: 'acpi', letters: 'abctiV' },
  { name: 'lsinitramfs', letters: 'l', operands: { rest: 'certificate', min: 1 } },
  { name: 'cpupower', subcommands: { 'frequency-info|idle-info': { letters: 'pfdg' } }, otherwise: 'writes' },
  { name: 'ibstat', letters: 'lsp', operands: { first: ['word', { pattern: '[0-9]{1,3}' }], max: 2 } },
  { name: 'ibstatus', operands: { rest: 'word' } },
  { name: 'ibv_devinfo', letters: 'lv', options: { '-d': 'word', '-i': { pattern: '[0-9]{1,3}' } } },
  { name: 'ibv_devices' },
  {
    name: 'dcgmi',
    parsing: 'exact',
    subcommands: { discovery: { parsing: 'exact', switches: ['-l'], requires: [['-l']] } },
    otherwise: 'unknown',
  },
  {
    name: 'rocm-smi',
    parsing: 'exact',
    switches: [
      ...['-a', '-i', '-t', '-u', '-p', '-P', '-f', '-c', '-b', '--showallinfo', '--showid', '--showtemp', '--showuse'],
      ...[
        '--showmemuse',
        '--showpower',
        '--showproductname',
        '--showdriverversion',
        '--showpids',
        '--showtopo',
        '--json',
      ],
    ],
    options: { '--showmeminfo': { oneOf: ['vram', 'vis_vram', 'gtt', 'all'] } },
    otherwise: 'unknown',
  },
  { name: 'efibootmgr', letters: 'v', otherwise: 'writes' },
  {
    name: 'mokutil',
    parsing: 'exact',
    switches: ['--sb-state', '--list-enrolled'],
    requires: [['--sb-state', '--list-enrolled']],
    otherwise: 'writes',
  },
  { name: 'virt-what' },
  {
    // Whatever else it is told to do, it may act on devices.
    name: 'udevadm',
    subcommands: {
      info: {
        letters: 'aep',
        options: {
          '-q': { oneOf: ['all', 'name', 'path', 'property', 'symlink'] },
          '--query': { oneOf: ['all', 'name', 'path', 'property', 'symlink'] },
          '-n': disk,
          '--name': disk,
        },
        operands: { rest: disk },
      },
    },
    otherwise: 'writes',
  },
];
