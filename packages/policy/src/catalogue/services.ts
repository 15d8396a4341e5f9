// Data: programs of the service manager and its journal.
import type { ProgramInput } from './schema.ts';

const controls = (verb: string): ['controls_service', string] => ['controls_service', `${verb} a service`];
const units = { rest: 'word' } as const;
/** A unit by name: a path would install a file. */
const namedUnits = { rest: { pattern: '[A-Za-z0-9_][A-Za-z0-9_@:.-]*' }, min: 1 };
/** How often it reports before it ends, and the seconds between: a day at most. */
const rounds = { pattern: '[1-9][0-9]{0,2}' };
const pause = { pattern: '[0-9]{1,2}(?:[.][0-9]{1,3})?' };
/** Core dumps are in the journal with the environment of what crashed: forms that show all fields of an entry show it too. */
const journalFields = { pattern: '(?!.*COREDUMP)[A-Z_][A-Z0-9_,]*' };
export const journalOutput = { pattern: 'short(?:-[a-z]+){0,2}|cat|with-unit' };
/** Of what shows no entries. */
const listOutput = { pattern: `${journalOutput.pattern}|json(?:-pretty)?` };
const shown = [
  'Id Names Description LoadState LoadError ActiveState SubState Result UnitFileState UnitFilePreset FragmentPath SourcePath DropInPaths NeedDaemonReload CanStart CanStop CanReload CanRestart Type',
  'Restart RestartUSec NRestarts MainPID ExecMainPID ControlPID ExecMainStatus ExecMainCode ExecMainStartTimestamp ExecMainExitTimestamp StatusText StatusErrno User Group UID GID',
  'ActiveEnterTimestamp ActiveExitTimestamp InactiveEnterTimestamp InactiveExitTimestamp StateChangeTimestamp ConditionResult ConditionTimestamp AssertResult InvocationID Job',
  'Requires Requisite Wants BindsTo PartOf RequiredBy WantedBy Conflicts Before After Triggers TriggeredBy OnFailure',
  'ControlGroup Slice MemoryCurrent MemoryPeak MemoryMax MemoryHigh MemoryLow MemoryLimit CPUUsageNSec CPUQuotaPerSecUSec CPUWeight CPUShares TasksCurrent TasksMax IPIngressBytes IPEgressBytes IOReadBytes IOWriteBytes OOMScoreAdjust OOMPolicy Nice',
  'LimitNOFILE LimitNOFILESoft LimitNPROC LimitNPROCSoft LimitCORE LimitCORESoft LimitMEMLOCK TimeoutStartUSec TimeoutStopUSec WatchdogUSec WatchdogTimestamp StartLimitBurst StartLimitIntervalUSec',
  'NextElapseUSecRealtime NextElapseUSecMonotonic LastTriggerUSec LastTriggerUSecMonotonic Persistent Unit Where What Options Listen NAccepted NConnections ProtectSystem ProtectHome PrivateTmp NoNewPrivileges',
  'Version Architecture Virtualization SystemState NFailedUnits NJobs UserspaceTimestamp KernelTimestamp FinishTimestamp',
]
  .join(' ')
  .replaceAll(' ', '|');
/** The properties that operators look at: others hold the environment of the service, or whatever else was put into its unit. */
const unitProperties = {
  pattern: `(?:${shown})(?:,(?:${shown}))*`,
};
const serviceVerbs = ['start', 'stop', 'restart', 'reload', 'try-restart', 'force-reload', 'condrestart'];

export const servicePrograms: readonly ProgramInput[] = [
  {
    name: 'systemctl',
    bare: true,
    letters: 'alqr',
    switches: [
      '--all',
      '--full',
      '--no-pager',
      '--no-legend',
      '--plain',
      '--quiet',
      '--failed',
      '--system',
      '--recursive',
      '--reverse',
      '--value',
      '--with-dependencies',
      '--before',
      '--after',
      '--no-ask-password',
    ],
    options: {
      '-t': 'word',
      '--type': 'word',
      '-p': unitProperties,
      '--property': unitProperties,
      '-P': unitProperties,
      '--state': 'word',
      '-n': 'count',
      '--lines': 'count',
      '-o': journalOutput,
      '--output': journalOutput,
      '--timestamp': 'word',
    },
    subcommands: {
      'status|is-active|is-failed|is-enabled|list-dependencies': { operands: units },
      'list-units|list-unit-files': { options: { '-o': listOutput, '--output': listOutput }, operands: units },
      show: { requires: [['-p', '-P', '--property']], operands: units },
      'list-timers|list-sockets|list-paths|list-automounts|list-machines': {
        options: { '-o': listOutput, '--output': listOutput },
        operands: units,
      },
      'list-jobs|is-system-running|get-default|--version': {},
      'restart|start|stop|reload|try-restart|reload-or-restart|try-reload-or-restart': {
        switches: ['--no-block', '--wait', '--show-transaction'],
        operands: namedUnits,
        does: controls('controls'),
      },
      'enable|disable|mask|unmask|reenable': {
        switches: ['--now', '--runtime', '--no-reload'],
        operands: namedUnits,
        does: controls('controls'),
      },
      'reset-failed': { operands: { rest: namedUnits.rest }, does: controls('forgets failures of') },
      kill: {
        options: { '-s': 'word', '--signal': 'word', '--kill-whom': 'word' },
        operands: namedUnits,
        does: controls('controls'),
      },
      'daemon-reload|daemon-reexec': { does: ['controls_service', 'reloads the service manager'] },
      reboot: { does: ['controls_service', 'restarts the machine'] },
      'poweroff|halt': { does: ['controls_service', 'stops the machine'] },
    },
    otherwise: 'controls_service',
    refused: {
      isolate: controls('starts and stops many of'),
      edit: ['writes', 'changes a unit file'],
      'set-property': ['writes', 'changes a unit'],
      'show-environment': ['reads_secret', 'shows the environment of all services'],
      // Not only that of the distribution: drop-ins are where people put `Environment=PASSWORD=…`. `show -p` tells the rest.
      cat: [
        'reads_secret',
        'shows unit files, which may set the environment of a service; `systemctl show -p …` shows single properties',
      ],
    },
  },
  {
    name: 'service',
    parsing: 'exact',
    switches: ['--status-all'],
    operands: {
      first: [{ pattern: '[A-Za-z0-9_][A-Za-z0-9_@.-]*' }, { oneOf: ['status', ...serviceVerbs] }],
      min: 2,
      max: 2,
      minUnless: ['--status-all'],
    },
    doesWith: Object.fromEntries(serviceVerbs.map((verb) => [verb, controls('controls')])),
    otherwise: 'controls_service',
  },
  {
    name: 'rc-status',
    letters: 'alsmu',
    switches: ['--all', '--servicelist', '--crashed'],
    operands: { first: ['word'], max: 1 },
  },
  {
    name: 'rc-service',
    parsing: 'exact',
    switches: ['--list', '-l'],
    operands: {
      first: [{ pattern: '[A-Za-z0-9_][A-Za-z0-9_@.-]*' }, { oneOf: ['status', ...serviceVerbs] }],
      min: 2,
      max: 2,
      minUnless: ['--list', '-l'],
    },
    doesWith: Object.fromEntries(serviceVerbs.map((verb) => [verb, controls('controls')])),
    otherwise: 'controls_service',
  },
  {
    name: 'chkconfig',
    parsing: 'exact',
    switches: ['--list'],
    requires: [['--list']],
    operands: { first: ['word'], max: 1 },
    otherwise: 'controls_service',
  },
  {
    name: 'journalctl',
    letters: 'aekqrxlmN',
    switches: [
      '--no-pager',
      '--all',
      '--dmesg',
      '--reverse',
      '--catalog',
      '--quiet',
      '--utc',
      '--no-hostname',
      '--disk-usage',
      '--list-boots',
      '--pager-end',
      '--full',
      '--no-full',
      '--system',
      '--user',
      '--no-tail',
      '--merge',
      '--fields',
      '--header',
      '--verify',
      '--rotate',
    ],
    options: {
      '-u': 'text',
      '--unit': 'text',
      '-t': 'text',
      '--identifier': 'text',
      '-n': { optional: 'count' },
      '--lines': { optional: 'count' },
      '-p': 'word',
      '--priority': 'word',
      '-o': journalOutput,
      '--output': journalOutput,
      '-g': 'text',
      '--grep': 'text',
      '--case-sensitive': { optional: 'word' },
      '-b': { optional: 'word' },
      '--boot': { optional: 'word' },
      '-S': 'text',
      '-U': 'text',
      '--since': 'text',
      '--until': 'text',
      '-F': journalFields,
      '--field': journalFields,
      '--output-fields': journalFields,
      '--facility': 'word',
      '--vacuum-size': 'word',
      '--vacuum-time': 'word',
      '--vacuum-files': 'count',
    },
    endless: ['-f', '--follow'],
    numericSwitch: true,
    operands: { rest: { pattern: '[A-Z_]+=[^/]*|-?\\d+|[0-9a-f]{32}|\\+' } },
    otherwise: 'writes',
    doesWith: {
      '--vacuum-size': ['deletes', 'deletes old journals'],
      '--vacuum-time': ['deletes', 'deletes old journals'],
      '--vacuum-files': ['deletes', 'deletes old journals'],
      '--rotate': ['writes', 'rotates the journals'],
    },
    refused: {
      '--flush': ['writes', 'moves the journals'],
      '--relinquish-var': ['writes', 'moves the journals'],
      '--smart-relinquish-var': ['writes', 'moves the journals'],
      '--sync': ['writes', 'writes the journals out'],
      '--setup-keys': ['writes', 'makes sealing keys'],
      '--cursor-file': ['writes', 'writes a file'],
    },
  },
  {
    name: 'systemd-analyze',
    bare: true,
    switches: ['--no-pager', '--system'],
    options: { '-n': 'count' },
    subcommands: {
      'time|blame|unit-paths|exit-status|capability': {},
      'critical-chain|security': { operands: units },
      'calendar|timespan|timestamp': { operands: { rest: 'text' } },
    },
    otherwise: 'writes',
  },
  {
    name: 'systemd-cgls',
    letters: 'alk',
    switches: ['--no-pager', '--all', '--full'],
    options: { '-u': { floating: 'word' } },
    operands: { rest: 'word' },
  },
  {
    name: 'systemd-cgtop',
    letters: 'bpctmirPk',
    switches: ['--batch', '--raw'],
    options: { '-n': rounds, '-d': pause, '--iterations': rounds, '--depth': 'count' },
    requires: [['-n', '--iterations']],
  },
  {
    name: 'coredumpctl',
    bare: true,
    switches: ['--no-pager', '--no-legend', '-r', '-q'],
    options: { '-n': 'count', '--since': 'text', '--until': 'text' },
    subcommands: { 'list|info': { operands: { rest: 'word' } } },
    otherwise: 'unknown',
  },
  {
    name: 'supervisorctl',
    subcommands: {
      'status|avail|version': { operands: units },
      'start|stop|restart': { operands: namedUnits, does: controls('controls') },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'initctl',
    subcommands: {
      'list|status|version': { operands: units },
      'start|stop|restart|reload': { operands: namedUnits, does: controls('controls') },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'resolvectl',
    bare: true,
    switches: ['--no-pager'],
    letters: '46',
    subcommands: {
      'statistics|dns|domain': {},
      status: { operands: units },
      query: {
        operands: { rest: { pattern: '[A-Za-z0-9_][A-Za-z0-9_.:-]*' }, min: 1 },
        does: ['network', 'asks other machines'],
        asks: true,
      },
    },
    otherwise: 'network',
  },
  {
    name: 'networkctl',
    bare: true,
    switches: ['--no-pager', '--all', '-a', '--no-legend', '-s'],
    subcommands: { 'list|status|lldp': { operands: units } },
    otherwise: 'network',
  },
  {
    name: 'logrotate',
    trustsFiles: true,
    letters: 'v',
    switches: ['-d', '--debug', '--verbose'],
    requires: [['-d', '--debug']],
    // It shows the words that it does not know of what it reads; of a directory it reads each file.
    operands: { rest: 'compared' },
    otherwise: 'writes',
  },
];
