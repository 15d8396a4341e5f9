// Data: what containers run here. Whatever shows a container's environment is not read-only: it holds passwords.
import type { ProgramInput } from './schema.ts';

/** Only fields that hold no environment and no secret. */
const format = {
  pattern:
    '(?:[^{}]|\\{\\{ *(?:json +)?\\.(?:Name|Names|ID|Id|Image|State|Status|Created|CreatedAt|RunningFor|Ports|Size|RestartCount|NetworkSettings|Driver|Platform|Tag|Repository|Container|CPUPerc|MemUsage|MemPerc|NetIO|BlockIO|PIDs|Version|ServerVersion|Server\\.Version|Client\\.Version|LogPath|HostConfig\\.(?:Memory|NanoCpus|RestartPolicy|NetworkMode|PidMode))[A-Za-z0-9_.]* *\\}\\})*',
};
const names = { rest: 'word' } as const;
const someContainers = { rest: { pattern: '[A-Za-z0-9][A-Za-z0-9_.:/@-]*' }, min: 1 };
const listing = {
  letters: 'aqnls',
  switches: ['--all', '--quiet', '--no-trunc', '--latest', '--size', '--digests', '--format-none'],
  options: { '-f': 'text', '--filter': 'text', '--format': format, '-n': 'count' },
  operands: names,
} as const satisfies NonNullable<ProgramInput['subcommands']>[string];

export const containerPrograms: readonly ProgramInput[] = [
  {
    name: 'docker',
    also: ['podman', 'nerdctl'],
    subcommands: {
      'ps|images': listing,
      'version|info': { options: { '-f': format, '--format': format } },
      'top|port|diff': { operands: { rest: 'word', min: 1 } },
      stats: {
        letters: 'a',
        switches: ['--no-stream', '--all', '--no-trunc'],
        options: { '--format': format },
        requires: [['--no-stream']],
        operands: names,
      },
      logs: {
        letters: 't',
        switches: ['--timestamps', '--details'],
        options: { '-n': 'word', '--tail': 'word', '--since': 'text', '--until': 'text' },
        endless: ['-f', '--follow'],
        operands: { rest: 'word', min: 1, max: 1 },
      },
      inspect: {
        options: { '-f': format, '--format': format, '--type': 'word' },
        requires: [['-f', '--format']],
        operands: { rest: 'word', min: 1 },
      },
      container: { subcommands: { 'ls|list|ps': listing, 'top|port|diff': { operands: { rest: 'word', min: 1 } } } },
      image: {
        subcommands: { 'ls|list': listing, history: { switches: ['--no-trunc'], operands: { rest: 'word', min: 1 } } },
      },
      'network|volume': { subcommands: { 'ls|list': listing } },
      compose: {
        subcommands: { 'ps|ls|images|top|version': { letters: 'aq', switches: ['--all', '--quiet'], operands: names } },
      },
      system: { subcommands: { df: { letters: 'v' }, info: {} } },
      'start|stop|restart|pause|unpause': {
        options: { '-t': 'count', '--time': 'count' },
        operands: someContainers,
        does: ['controls_service', 'controls a container'],
      },
      kill: {
        options: { '-s': 'word', '--signal': 'word' },
        operands: someContainers,
        does: ['controls_service', 'ends a container'],
      },
      rm: {
        letters: 'fv',
        switches: ['--force', '--volumes'],
        operands: someContainers,
        does: ['deletes', 'deletes a container'],
      },
      rmi: { letters: 'f', switches: ['--force'], operands: someContainers, does: ['deletes', 'deletes an image'] },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'crictl',
    subcommands: {
      'ps|pods|images|version|info|stats': {
        letters: 'aqv',
        options: { '-o': { oneOf: ['table'] }, '--name': 'word', '--state': 'word' },
        operands: names,
      },
      logs: { options: { '--tail': 'count', '--since': 'text' }, operands: { rest: 'word', min: 1, max: 1 } },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'virsh',
    subcommands: {
      'list|net-list|pool-list|nodeinfo|version|capabilities': { switches: ['--all', '--inactive'] },
      'dominfo|domstate|domblklist|domiflist|vcpuinfo|dommemstat': { operands: { rest: 'word', min: 1, max: 1 } },
    },
    otherwise: 'controls_service',
  },
  { name: 'lxc-ls', letters: 'f1', switches: ['--fancy'] },
  {
    name: 'machinectl',
    bare: true,
    subcommands: { list: {} },
    switches: ['--no-pager'],
    otherwise: 'controls_service',
  },
];
