// Data: what the shell itself brings, and programs that run another one.
import type { ProgramInput } from './schema.ts';

export const builtinPrograms: readonly ProgramInput[] = [
  { name: 'true', also: ['false', ':'], parsing: 'free' },
  { name: 'echo', parsing: 'free' },
  { name: 'printf', parsing: 'posix', operands: { first: ['printf'], rest: 'text', min: 1, formats: true } },
  { name: '[', also: ['[[', 'test'], parsing: 'test' },
  { name: 'pwd', letters: 'LP' },
  { name: 'cd', operands: { first: [{ pattern: '/[A-Za-z0-9_./@%+=:,-]*' }], min: 1, max: 1 } },
  { name: 'exit', also: ['return', 'break', 'continue'], operands: { first: ['count'], max: 1 } },
  { name: 'read', letters: 'r', operands: { rest: { pattern: '[a-z_][a-z0-9_]*' }, min: 1 } },
  { name: 'set', letters: 'eu', refused: { '-a': ['unknown', 'exports every variable'] } },
  { name: 'type', letters: 'aptP', operands: { rest: 'word', min: 1 } },
  { name: 'which', letters: 'a', operands: { rest: 'word', min: 1 }, output: { kind: 'path' } },
  { name: 'whereis', letters: 'bms', operands: { rest: 'word', min: 1 } },
  {
    name: 'command',
    parsing: 'exact',
    switches: ['-v', '-V'],
    requires: [['-v', '-V']],
    operands: { rest: 'word', min: 1 },
    output: { kind: 'path', switches: ['-v'], needs: ['-v'] },
  },
  { name: 'ulimit', letters: 'acdefilmnpqrstuvxHS' },
  { name: 'umask', letters: 'S' },
  { name: 'times' },
  { name: 'hash' },
  { name: 'expr', parsing: 'free' },
  {
    name: 'seq',
    parsing: 'posix',
    letters: 'w',
    options: {
      '-s': { pattern: '.{0,20}' },
      '--separator': { pattern: '.{0,20}' },
      '-f': { pattern: '[^%]{0,20}%0?[0-9]{0,2}(?:[.][0-9])?[efg][^%]{0,20}' },
    },
    // Steps of a tenth at least: what sorts or turns round its lines keeps them all.
    operands: { rest: { pattern: '[0-9]{1,5}|[0-9]{0,3}[.][0-9]' }, min: 1, max: 3 },
  },
  { name: 'sleep', operands: { rest: 'seconds', min: 1 } },
  {
    name: 'timeout',
    switches: ['--preserve-status', '--foreground', '-v', '--verbose'],
    options: { '-s': 'word', '--signal': 'word', '-k': 'seconds', '--kill-after': 'seconds' },
    wraps: { before: ['seconds'], bounds: true, optional: false },
  },
  {
    name: 'nice',
    options: { '-n': 'count', '--adjustment': 'count' },
    numericSwitch: true,
    wraps: { before: [], bounds: false, optional: true },
  },
  {
    name: 'ionice',
    letters: 't',
    options: { '-c': { oneOf: ['0', '1', '2', '3', 'none', 'realtime', 'best-effort', 'idle'] }, '-n': 'count' },
    wraps: { before: [], bounds: false, optional: true },
  },
  { name: 'time', letters: 'p', wraps: { before: [], bounds: false, optional: false } },
  {
    name: 'stdbuf',
    options: { '-o': { oneOf: ['L', '0'] }, '-e': { oneOf: ['L', '0'] }, '-i': { oneOf: ['L', '0'] } },
    wraps: { before: [], bounds: false, optional: false },
  },
  { name: 'env', switches: ['-0', '--null'], otherwise: 'unknown' },
  { name: 'printenv', operands: { rest: 'word' } },
];
