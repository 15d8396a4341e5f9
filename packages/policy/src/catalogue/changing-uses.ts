// Data: uses of changing programs of which every argument is described, so that rules may be about them. What is not described here
// never runs without an approval, whatever the rules say. Options that run a program, read a list or take a file's word are left out.
import type { ProgramInput } from './schema.ts';

type Does = NonNullable<ProgramInput['does']>;

const paths = { rest: 'name-of-file', min: 1 } as const;
const account = { pattern: '[a-z_][a-z0-9_.-]{0,31}' };
const accounts = { rest: account, min: 1, max: 1 };
const signal = '(?:SIG)?(?:HUP|INT|QUIT|KILL|TERM|USR1|USR2|STOP|CONT)|1|2|3|9|10|12|15|18|19';
const signals = signal
  .replace('(?:SIG)?(?:', '')
  .replace(')', '')
  .split('|')
  .flatMap((name) => (/^\d/.test(name) ? [`-${name}`] : [`-${name}`, `-SIG${name}`]));
const ends: Does = ['controls_service', 'ends or signals processes'];

export const changingUses: readonly ProgramInput[] = [
  {
    name: 'rm',
    letters: 'rRfvdI',
    switches: ['--recursive', '--force', '--verbose', '--dir', '--one-file-system', '--preserve-root'],
    operands: paths,
    does: ['deletes', 'deletes'],
    otherwise: 'deletes',
  },
  { name: 'rmdir', letters: 'pv', operands: paths, does: ['deletes', 'deletes'], otherwise: 'deletes' },
  { name: 'unlink', operands: { ...paths, max: 1 }, does: ['deletes', 'deletes'], otherwise: 'deletes' },
  {
    name: 'mkdir',
    letters: 'pv',
    switches: ['--parents', '--verbose'],
    options: { '-m': { pattern: '0?[0-7]{3}' }, '--mode': { pattern: '0?[0-7]{3}' } },
    operands: paths,
    does: ['writes', 'makes directories'],
    otherwise: 'writes',
  },
  {
    name: 'touch',
    letters: 'acm',
    operands: paths,
    does: ['writes', 'makes files or changes their time'],
    otherwise: 'writes',
  },
  {
    name: 'chmod',
    letters: 'Rvcf',
    switches: ['--recursive', '--verbose', '--changes'],
    // Without the bits that give a program another user's rights.
    operands: { first: [{ pattern: '0?[0-7]{3}|[ugoa]*[-+=][rwxX]+' }], rest: 'name-of-file', min: 2 },
    does: ['writes', 'changes who may do what'],
    otherwise: 'writes',
  },
  {
    name: 'chown',
    letters: 'Rvcfh',
    switches: ['--recursive', '--verbose', '--changes', '--no-dereference'],
    operands: {
      first: [{ pattern: '[a-z_0-9][a-z0-9_.-]*(?::[a-z_0-9][a-z0-9_.-]*)?' }],
      rest: 'name-of-file',
      min: 2,
    },
    does: ['writes', 'changes who may do what'],
    otherwise: 'writes',
  },
  {
    name: 'chgrp',
    letters: 'Rvcfh',
    operands: { first: [account], rest: 'name-of-file', min: 2 },
    does: ['writes', 'changes who may do what'],
    otherwise: 'writes',
  },
  {
    name: 'kill',
    parsing: 'exact',
    switches: signals,
    options: { '-s': { pattern: signal } },
    operands: { rest: { pattern: '[1-9][0-9]*' }, min: 1 },
    does: ends,
    otherwise: 'controls_service',
  },
  {
    name: 'pkill',
    parsing: 'exact',
    switches: [...signals, '-f', '-x', '-e', '-n', '-o', '--full', '--exact'],
    options: { '-u': account, '-P': { pattern: '[1-9][0-9]*' } },
    operands: { rest: { pattern: '[A-Za-z0-9_./ -]{2,}' }, min: 1, max: 1 },
    does: ends,
    otherwise: 'controls_service',
  },
  {
    name: 'killall',
    parsing: 'exact',
    switches: [...signals, '-q', '-v', '-w', '-e'],
    options: { '-u': account },
    operands: { rest: { pattern: '[A-Za-z0-9_.-]{2,}' }, min: 1 },
    does: ends,
    otherwise: 'controls_service',
  },
  { name: 'reboot', does: ['controls_service', 'restarts the machine'], otherwise: 'controls_service' },
  { name: 'poweroff', also: ['halt'], does: ['controls_service', 'stops the machine'], otherwise: 'controls_service' },
  {
    name: 'shutdown',
    parsing: 'exact',
    switches: ['-r', '-h', '-P', '-c', '--reboot', '--halt', '--poweroff'],
    operands: { first: [{ pattern: 'now|[+]?\\d{1,4}|\\d{1,2}:\\d{2}' }], max: 1 },
    does: ['controls_service', 'restarts or stops the machine'],
    otherwise: 'controls_service',
  },
  {
    name: 'useradd',
    letters: 'mMrU',
    switches: ['--create-home', '--no-create-home', '--system', '--user-group'],
    options: {
      ...{ '-s': 'word', '--shell': 'word', '-G': 'word', '--groups': 'word', '-g': 'word', '--gid': 'word' },
      ...{ '-u': 'count', '--uid': 'count', '-c': 'text', '--comment': 'text', '-d': 'word', '--home-dir': 'word' },
    },
    operands: accounts,
    does: ['changes_users', 'adds an account'],
    otherwise: 'changes_users',
  },
  {
    name: 'usermod',
    letters: 'aLU',
    switches: ['--append', '--lock', '--unlock'],
    options: {
      '-G': 'word',
      '--groups': 'word',
      '-g': 'word',
      '--gid': 'word',
      '-s': 'word',
      '--shell': 'word',
      '-c': 'text',
    },
    operands: accounts,
    does: ['changes_users', 'changes an account'],
    otherwise: 'changes_users',
  },
  {
    name: 'userdel',
    letters: 'r',
    switches: ['--remove'],
    operands: accounts,
    does: ['changes_users', 'deletes an account'],
    otherwise: 'changes_users',
  },
  {
    name: 'groupadd',
    letters: 'r',
    options: { '-g': 'count', '--gid': 'count' },
    operands: accounts,
    does: ['changes_users', 'adds a group'],
    otherwise: 'changes_users',
  },
  { name: 'groupdel', operands: accounts, does: ['changes_users', 'deletes a group'], otherwise: 'changes_users' },
];
