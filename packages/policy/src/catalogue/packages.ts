// Data: programs that ask what is installed and what could be.
import type { ProgramInput } from './schema.ts';

const names = { rest: 'word' } as const;
/** Packages by name: a path or an address would be somebody's file. */
const packages = { rest: { pattern: '(?!.*[.](?:deb|rpm|apk|zst|xz)$)[A-Za-z0-9][A-Za-z0-9+._:=~-]*' } };
/** Not `%{…:expand}`, which expands macros. */
const queryFormat = { pattern: '(?!.*:expand).*' };
const somePackages = { ...packages, min: 1 };
const installs = (what: string): ['installs', string] => ['installs', what];
const dryRun = ['-s', '--simulate', '--just-print', '--dry-run', '--recon', '--no-act'];

export const packagePrograms: readonly ProgramInput[] = [
  {
    name: 'dpkg',
    letters: 'lLsSVpC',
    switches: [
      '--list',
      '--listfiles',
      '--status',
      '--search',
      '--verify',
      '--print-avail',
      '--audit',
      '--get-selections',
      '--print-architecture',
      '--print-foreign-architectures',
      '--version',
      '--compare-versions',
      '--no-pager',
    ],
    requires: [
      [
        '-l',
        '-L',
        '-s',
        '-S',
        '-V',
        '-p',
        '-C',
        '--list',
        '--listfiles',
        '--status',
        '--search',
        '--verify',
        '--print-avail',
        '--audit',
        '--get-selections',
        '--print-architecture',
        '--print-foreign-architectures',
        '--version',
        '--compare-versions',
      ],
    ],
    operands: { rest: 'word' },
    otherwise: 'installs',
  },
  {
    name: 'dpkg-query',
    letters: 'WlLsSpc',
    switches: ['--show', '--list', '--listfiles', '--status', '--search', '--no-pager'],
    options: { '-f': 'text', '--showformat': 'text' },
    operands: names,
  },
  {
    name: 'rpm',
    // Without `p`: a package by its path is opened, whatever stands there.
    letters: 'qailfRcdvg',
    switches: [
      '--query',
      '--all',
      '--info',
      '--list',
      '--file',
      '--requires',
      '--provides',
      '--changelog',
      '--last',
      '--scripts',
      '--configfiles',
      '--docfiles',
      '--conflicts',
      '--obsoletes',
      '--state',
      '--nosignature',
      '--nodigest',
      '--whatrequires',
      '--whatprovides',
    ],
    options: { '--qf': queryFormat, '--queryformat': queryFormat },
    requires: [['-q', '--query']],
    operands: { rest: { pattern: '[A-Za-z0-9_.+*~^/-]+' } },
    otherwise: 'installs',
    refused: {
      '-e': ['installs', 'removes packages'],
      '-i': ['installs', 'installs packages'],
      '-U': ['installs', 'installs packages'],
      '-E': ['unknown', 'expands macros, which can run programs'],
      '--eval': ['unknown', 'expands macros, which can run programs'],
    },
  },
  {
    name: 'apt',
    letters: 'y',
    switches: [
      '--yes',
      '--no-install-recommends',
      '--only-upgrade',
      '--installed',
      '--upgradable',
      '--upgradeable',
      '--all-versions',
      '-a',
      '--names-only',
      '-n',
      '--full',
      '-q',
      '-qq',
    ],
    subcommands: {
      'list|show|policy|search|depends|rdepends|madison': { operands: { rest: 'word' } },
      'install|reinstall': { operands: somePackages, does: installs('installs packages') },
      'remove|purge': { operands: somePackages, does: installs('removes packages') },
      autoremove: { does: installs('removes packages') },
      'upgrade|full-upgrade': { operands: packages, does: installs('installs packages') },
      update: { does: installs('fetches the lists of packages') },
    },
    otherwise: 'installs',
  },
  {
    name: 'apt-cache',
    switches: ['--names-only', '-n', '--installed', '--no-all-versions', '--recurse', '-q', '-a'],
    subcommands: {
      'policy|show|search|madison|depends|rdepends|showpkg|showsrc|pkgnames|stats|unmet': {
        operands: { rest: 'word' },
      },
    },
    otherwise: 'installs',
  },
  {
    name: 'apt-get',
    letters: 'sqVuy',
    switches: [
      ...dryRun,
      '--quiet',
      '--with-new-pkgs',
      '--autoremove',
      '--yes',
      '--no-install-recommends',
      '--only-upgrade',
    ],
    subcommands: {
      'upgrade|dist-upgrade': { does: installs('installs packages'), doesUnless: dryRun },
      'remove|purge': { operands: somePackages, does: installs('removes packages'), doesUnless: dryRun },
      autoremove: { does: installs('removes packages'), doesUnless: dryRun },
      install: { operands: somePackages, does: installs('installs packages'), doesUnless: dryRun },
      // It fetches, whatever is said of trying.
      update: { does: installs('fetches the lists of packages') },
      'clean|autoclean': { does: ['deletes', 'deletes fetched packages'], doesUnless: dryRun },
    },
    otherwise: 'installs',
  },
  {
    name: 'apt-mark',
    subcommands: { 'showhold|showmanual|showauto|showinstall': { operands: names } },
    otherwise: 'installs',
  },
  {
    name: 'apk',
    switches: ['-q', '-v', '-vv'],
    subcommands: {
      info: {
        letters: 'adehiLprRstWvw',
        switches: ['--installed', '--all', '--contents', '--who-owns'],
        operands: names,
      },
      list: { letters: 'IauOo', switches: ['--installed', '--available', '--upgradable'], operands: names },
      'version|policy': { letters: 'v', operands: names },
      add: { switches: ['--no-cache', '-u', '--upgrade'], operands: somePackages, does: installs('installs packages') },
      del: { operands: somePackages, does: installs('removes packages') },
      update: { does: installs('fetches the lists of packages') },
    },
    otherwise: 'installs',
  },
  {
    name: 'dnf',
    also: ['yum', 'microdnf'],
    switches: ['-q', '-C', '-y', '--quiet', '--cacheonly', '--installed', '--showduplicates', '--assumeyes'],
    subcommands: {
      list: { subcommands: { 'installed|--installed': { operands: names } } },
      // Without the cache alone it fetches the lists of packages.
      repolist: {
        requires: [['-C', '--cacheonly']],
        operands: { first: [{ oneOf: ['all', 'enabled', 'disabled'] }], max: 1 },
      },
      history: { bare: true, subcommands: { 'list|info': { operands: names } } },
      info: { subcommands: { installed: { operands: names } } },
      'install|reinstall': {
        operands: somePackages,
        does: installs('installs packages'),
      },
      'update|upgrade': { operands: packages, does: installs('installs packages') },
      'remove|erase|autoremove': {
        operands: packages,
        does: installs('removes packages'),
      },
      makecache: { does: installs('fetches the lists of packages') },
    },
    otherwise: 'installs',
  },
  {
    name: 'zypper',
    switches: ['-q', '--quiet', '--no-refresh'],
    requires: [['--no-refresh']],
    subcommands: {
      'packages|pa|repos|lr|locks|ll|products|pd': {},
      'search|se|info|if': { switches: ['-i', '--installed-only', '-s'], operands: names },
    },
    otherwise: 'installs',
  },
  { name: 'pacman', letters: 'Qeiklmnoqstu', requires: [['-Q']], operands: names, otherwise: 'installs' },
  {
    name: 'snap',
    subcommands: { 'list|version|services|connections': { switches: ['--all'], operands: names } },
    otherwise: 'installs',
  },
  {
    name: 'flatpak',
    subcommands: { 'list|remotes': { switches: ['--app', '--runtime', '--user', '--system'] } },
    otherwise: 'installs',
  },
  {
    name: 'pip',
    also: ['pip3'],
    switches: ['--disable-pip-version-check'],
    subcommands: { 'list|freeze': { switches: ['--local', '--user'] }, show: { operands: { rest: 'word', min: 1 } } },
    otherwise: 'installs',
  },
  { name: 'gem', subcommands: { list: { switches: ['--local', '-l'], operands: names } }, otherwise: 'installs' },
  { name: 'debsums', letters: 'acs', requires: [['-c', '-s', '-a']], operands: names, otherwise: 'unknown' },
  { name: 'subscription-manager', subcommands: { identity: {} }, otherwise: 'network' },
  { name: 'dkms', subcommands: { status: { operands: names } }, otherwise: 'installs' },
];
