// Data: database servers asked how they are, by statements that are described word for word. Left out is what shows the text of other statements,
// settings with passwords in them, and whatever calls a function that is not listed.
import type { ProgramInput } from './schema.ts';

const account = { pattern: '[A-Za-z_][A-Za-z0-9_.-]{0,62}' };
const port = { pattern: '[1-9][0-9]{0,4}' };
/**
 * This machine, or the directory of a socket. A server elsewhere may ask the client for the account's own password, for its input, or for any
 * file (`LOAD DATA LOCAL`), whatever the statement was.
 */
const host = { oneOf: ['localhost', '127.0.0.1', '::1', '/run/postgresql', '/var/run/postgresql', '/tmp'] };
const version = ['--version', '-V'];

const asksDatabase: Pick<ProgramInput, 'does' | 'doesUnless' | 'asks' | 'otherwise'> = {
  does: ['network', 'asks a database server'],
  doesUnless: version,
  asks: true,
  otherwise: 'network',
};

/** Blanks and ends of lines are the same to a database. */
const sentence = (text: string): string =>
  text
    .split(' ?')
    .map((part) => part.replaceAll(' ', '[ \\n]+'))
    .join('[ \\n]*');
/** Of what is going on; without the statements. */
const activityColumn =
  '(?:pid|usename|datname|state|wait_event|wait_event_type|client_addr|client_port|application_name|backend_type|backend_start|xact_start|query_start|state_change|backend_xmin)';
const shortFunction = '(?:count[(][*][)]|now[(][)] ?- ?[a-z_]+_start)';
const views = [
  'pg_stat_(?:replication|database|bgwriter|checkpointer|archiver|user_tables|user_indexes|all_tables|ssl|wal|io|slru|database_conflicts|progress_[a-z_]+)',
  'pg_statio_user_tables|pg_replication_slots|pg_locks|pg_database|pg_tablespace|pg_tables|pg_extension|pg_prepared_xacts',
].join('|');
const column =
  '(?:[a-z_]+|count[(][*][)]|(?:pg_size_pretty[(])?pg_database_size[(]datname[)]{1,2}|age[(]datfrozenxid[)])';
const listOf = (one: string): string => `${one}(?: as [a-z_]+)?(?:, ?${one}(?: as [a-z_]+)?)*`;
const condition = (one: string): string =>
  `not ${one}|${one} ?(?:=|<>|!=|>=|<=|>|<| is not | is | like ) ?(?:'[A-Za-z0-9_\\x20%.-]*'|[0-9]+|null|true|false|now[(][)] ?- ?interval ?'[0-9]+ [a-z]+')`;
const ordered = `(?:[a-z_]+|[0-9]|${shortFunction}|pg_database_size[(]datname[)])(?: (?:desc|asc))?`;
const selected = (one: string, more: string, from: string): string =>
  [
    `select ${listOf(more)} from (?:${from})`,
    `(?: where (?:${condition(one)})(?: (?:and|or) (?:${condition(one)}))*)?`,
    `(?: group by ${one}(?:, ?${one})*)?`,
    `(?: order by ${ordered}(?:, ?${ordered})*)?`,
    `(?: limit [0-9]{1,5})?`,
  ].join('');

const postgresStatement = [
  'select (?:1|now[(][)]|version[(][)]|current_database[(][)]|pg_is_in_recovery[(][)]|pg_postmaster_start_time[(][)])',
  'select pg_(?:current_wal_lsn|last_wal_receive_lsn|last_wal_replay_lsn|last_xact_replay_timestamp)[(][)]',
  'select now[(][)] ?- ?pg_(?:last_xact_replay_timestamp|postmaster_start_time)[(][)](?: as [a-z_]+)?',
  "select (?:pg_size_pretty[(])?pg_database_size[(](?:'[A-Za-z0-9_-]+'|current_database[(][)])[)]{1,2}",
  selected(activityColumn, `(?:${activityColumn}|${shortFunction})`, 'pg_stat_activity'),
  selected('[a-z_]+', `(?:[*]|${column})`, views),
  // With a dot it is a setting that somebody made up: applications keep tokens in them.
  'show (?!all$|all;)(?!.*(?:conninfo|command|pass|secret|key|librar|ldap))(?:[a-z_]+|(?:pg_stat_statements|auto_explain)[.][a-z_]+)',
];
const backslashed = '\\\\(?:conninfo|du|dn[+]?|dx|(?:l|dt|di|db)[+]?)';
const postgresText = { pattern: `(?i:${sentence(postgresStatement.join('|'))});?|${backslashed}` };

/** `_` stands for any letter, so it is told by its first three. Not those of settings that hold a password or a statement. */
const variableName = `['"](?!rep|wsr|ini|aut|pas|sec|key|han)[a-z]{3}[a-z_]{0,60}%?['"]`;
const mysqlStatement = [
  'select (?:1|now[(][)]|version[(][)]|current_user[(][)])',
  'select @@(?:global[.])?(?:version|hostname|port|server_id|server_uuid|read_only|super_read_only|max_connections|gtid_executed|gtid_mode|log_bin|datadir|uptime)',
  'select count[(][*][)] from information_schema[.]processlist',
  'show (?:all )?(?:slave|replica)s? status',
  'show (?:master|binary log) status',
  'show (?:binary|master) logs',
  `show (?:(?:global|session) )?status(?: like ['"][A-Za-z_%]{1,64}['"])?`,
  `show (?:(?:global|session) )?variables like ${variableName}`,
  'show (?:databases|schemas|engines|plugins|open tables)',
  'show tables(?: from [a-z_][a-z0-9_]*)?',
];
const mysqlText = { pattern: `(?i:${sentence(mysqlStatement.join('|'))})(?:;|\\\\G)?` };

export const databasePrograms: readonly ProgramInput[] = [
  {
    // It reads `~/.psqlrc`, `mysql` its `~/.my.cnf`: whoever can write these is the account that the command runs as.
    name: 'psql',
    letters: 'XAtqwlxV',
    switches: [
      '--no-psqlrc',
      '--no-align',
      '--tuples-only',
      '--quiet',
      '--no-password',
      '--list',
      '--expanded',
      '--csv',
      '--version',
    ],
    options: {
      ...{ '-h': host, '--host': host, '-p': port, '--port': port, '-U': account, '--username': account },
      ...{ '-d': account, '--dbname': account, '-c': postgresText, '--command': postgresText },
      ...{ '-F': { pattern: '[ ,;:|\\t]' }, '-P': { oneOf: ['pager=off'] } },
    },
    requires: [['-c', '--command', '-l', '--list', ...version]],
    operands: { first: [account, account], max: 2 },
    ...asksDatabase,
  },
  {
    name: 'mysql',
    also: ['mariadb'],
    letters: 'sNBtEVr',
    switches: ['--silent', '--batch', '--skip-column-names', '--table', '--vertical', '--raw', '--version'],
    options: {
      ...{ '-e': mysqlText, '--execute': mysqlText, '-h': host, '--host': host, '-P': port, '--port': port },
      ...{ '-u': account, '--user': account, '-D': account, '--connect-timeout': { pattern: '[0-9]{1,4}' } },
    },
    requires: [['-e', '--execute', ...version]],
    operands: { first: [account], max: 1 },
    ...asksDatabase,
  },
  {
    name: 'patronictl',
    options: { '-c': { pattern: '/etc/patroni(?:/[A-Za-z0-9_-]+)*[.]ya?ml' } },
    subcommands: {
      'list|topology|history': {
        letters: 'e',
        switches: ['--extended', '--timestamp'],
        options: { '-f': { oneOf: ['pretty', 'tsv', 'json', 'yaml'] } },
        operands: { first: [account], max: 1 },
        does: ['network', 'asks the cluster'],
        asks: true,
      },
      version: {},
    },
    otherwise: 'network',
  },
  { name: 'pg_controldata', options: { '-D': 'name-of-file' }, operands: { first: ['name-of-file'], max: 1 } },
];
