// Data: what containers run here. Whatever shows a container's environment is not read-only: it holds passwords.
import type { ProgramInput } from './schema.ts';

const listed =
  '(?:Names?|ID|Id|Image|State|Status|Created|CreatedAt|CreatedSince|RunningFor|Ports|Size|Repository|Tag|Digest|Networks|Driver|Scope)';
const measured = '(?:Container|CPUPerc|MemUsage|MemPerc|NetIO|BlockIO|PIDs)';
const inspected =
  '(?:State|State[.](?:Health|Status|Running|Paused|Restarting|OOMKilled|Dead|Pid|ExitCode|Error|StartedAt|FinishedAt|Health[.](?:Status|FailingStreak))|RestartCount|Platform|LogPath|HostConfig[.](?:Memory|MemorySwap|NanoCpus|CpuShares|PidsLimit|NetworkMode|PidMode|RestartPolicy|RestartPolicy[.](?:Name|MaximumRetryCount))|NetworkSettings[.](?:IPAddress|Gateway|MacAddress|Ports|Networks)|Mounts|Config[.](?:Image|Hostname|User))';
const about =
  '(?:Version|APIVersion|ServerVersion|(?:Server|Client)[.](?:Version|APIVersion|GoVersion|Os|Arch)|Containers|ContainersRunning|ContainersPaused|ContainersStopped|Images|OperatingSystem|OSType|Architecture|KernelVersion|NCPU|MemTotal|DockerRootDir|CgroupDriver|CgroupVersion)';

/** What `range` goes through, and what it takes of each. */
const eachNetwork =
  '\\{\\{ *range +(?:\\$[a-z]+, *\\$[a-z]+ *:= *)?[.]NetworkSettings[.](?:Networks|Ports) *\\}\\}|\\{\\{ *(?:end|[.](?:IPAddress|Gateway|MacAddress|NetworkID)|\\$[a-z]+[.](?:IPAddress|Gateway|MacAddress)) *\\}\\}';

/** Exactly these fields, each by its whole name: what they are the beginning of may hold the environment, and a format by name shows all. */
const format = {
  pattern: `table|(?=.*\\{\\{)(?:[^{}]|\\{\\{ *(?:json +)?[.](?:${listed}|${measured}|${inspected}|${about}) *\\}\\}|${eachNetwork})*`,
};
const names = { rest: 'word' } as const;
const someContainers = { rest: { pattern: '[A-Za-z0-9][A-Za-z0-9_.:/@-]*' }, min: 1 };
const container = { pattern: '[A-Za-z0-9][A-Za-z0-9_.-]*' };
/** What stands behind the container of `top` are options of ps, or columns: both can show the environment. */
const ofOneContainer = {
  'top|diff': { parsing: 'exact', operands: { first: [container], min: 1, max: 1 } },
  port: { parsing: 'exact', operands: { first: [container, 'word'], min: 1, max: 2 } },
} as const satisfies NonNullable<ProgramInput['subcommands']>;
const listing = {
  letters: 'aqnls',
  switches: ['--all', '--quiet', '--no-trunc', '--latest', '--size', '--digests'],
  options: { '-f': 'text', '--filter': 'text', '--format': format, '-n': 'count' },
  operands: names,
} as const satisfies NonNullable<ProgramInput['subcommands']>[string];

/** Whatever is listed: with `-q` by ids, or by names where it has none. */
const onlyIds = {
  kind: 'many-tokens',
  switches: ['-q', '-a', '-aq', '-qa', '--quiet', '--all', '-f', '--filter', '-qf', '-aqf', '--no-trunc'],
  needs: ['-q', '-aq', '-qa', '--quiet', '-qf', '-aqf'],
} as const satisfies ProgramInput['output'];

const composeUses = {
  'ps|ls|images|top|version': { letters: 'aq', switches: ['--all', '--quiet'], operands: names },
  logs: {
    letters: 't',
    switches: ['--timestamps', '--no-color', '--no-log-prefix'],
    options: { '-n': 'word', '--tail': 'word', '--since': 'text', '--until': 'text' },
    endless: ['-f', '--follow'],
    operands: names,
  },
} as const satisfies NonNullable<ProgramInput['subcommands']>;

export const containerPrograms: readonly ProgramInput[] = [
  {
    name: 'docker',
    also: ['podman', 'nerdctl'],
    subcommands: {
      'ps|images': listing,
      'version|info': { options: { '-f': format, '--format': format } },
      ...ofOneContainer,
      stats: {
        letters: 'a',
        switches: ['--no-stream', '--all', '--no-trunc'],
        options: { '--format': format },
        requires: [['--no-stream']],
        operands: names,
      },
      logs: {
        letters: 't',
        // `--details` shows variables of the container's environment.
        switches: ['--timestamps'],
        options: { '-n': 'word', '--tail': 'word', '--since': 'text', '--until': 'text' },
        endless: ['-f', '--follow'],
        operands: { rest: 'word', min: 1, max: 1 },
      },
      inspect: {
        options: { '-f': format, '--format': format, '--type': 'word' },
        requires: [['-f', '--format']],
        operands: { rest: 'word', min: 1 },
      },
      container: { subcommands: { 'ls|list|ps': listing, ...ofOneContainer } },
      image: { subcommands: { 'ls|list': listing } },
      // Of a network it shows who is in it. The options of a volume may hold a password.
      network: {
        subcommands: {
          'ls|list': listing,
          inspect: { letters: 'v', options: { '-f': 'text', '--format': 'text' }, operands: { rest: 'word', min: 1 } },
        },
      },
      volume: { subcommands: { 'ls|list': listing } },
      compose: { subcommands: composeUses },
      node: { subcommands: { ls: listing } },
      service: { subcommands: { ls: listing, ps: listing } },
      'context|buildx|plugin': { subcommands: { ls: {} } },
      pod: { subcommands: { 'ps|ls|list': listing } },
      stack: { subcommands: { 'ls|services|ps': listing } },
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
    output: onlyIds,
    refused: { history: ['reads_secret', 'shows what an image was built with, its environment too'] },
  },
  { name: 'docker-compose', subcommands: composeUses, otherwise: 'controls_service' },
  {
    name: 'crictl',
    subcommands: {
      imagefsinfo: {},
      // `info` shows the passwords of registries, `-v` the annotations, in which a whole pod may stand.
      'ps|pods|images|version|stats': {
        letters: 'aq',
        options: { '-o': { oneOf: ['table'] }, '--name': 'word', '--state': 'word' },
        operands: names,
      },
      logs: { options: { '--tail': 'count', '--since': 'text' }, operands: { rest: 'word', min: 1, max: 1 } },
    },
    output: onlyIds,
    otherwise: 'controls_service',
  },
  {
    name: 'ctr',
    options: { '-n': 'word', '--namespace': 'word' },
    subcommands: {
      'containers|container|c|tasks|task|t|images|image|i': { subcommands: { 'list|ls': { letters: 'q' } } },
      'namespaces|namespace|ns|plugins|plugin': { subcommands: { 'list|ls': { letters: 'q' } } },
      version: {},
    },
    otherwise: 'controls_service',
  },
  {
    name: 'virsh',
    subcommands: {
      'list|net-list|pool-list|nodeinfo|version|capabilities': {
        switches: ['--all', '--inactive', '--title', '--name', '--uuid'],
      },
      domstats: { operands: { rest: 'word' } },
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
