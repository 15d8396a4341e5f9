// Data: well-known servers asked for their version, their configuration's validity or their counters; certificates.
import type { ProgramInput } from './schema.ts';

const accountName = { pattern: '[A-Za-z_][A-Za-z0-9_.-]{0,62}' };
const databasePort = { pattern: '[1-9][0-9]{0,4}' };
/** A machine, or the directory of a socket. */
const databaseHost = { pattern: '[A-Za-z0-9][A-Za-z0-9.:-]{0,252}|/(?:var/)?run/postgresql|/tmp' };
const tlsServer = { pattern: '(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\\[[0-9a-fA-F:]{2,40}\\]):[1-9][0-9]{0,4}' };
const tlsName = { pattern: '[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}' };
const asksDatabase: ['network', string] = ['network', 'asks a database server'];
const redisVersion = ['--version', '-v'];
/** Settings that hold no password. */
const redisSettings =
  'maxmemory maxmemory-policy maxclients save appendonly appendfsync timeout tcp-keepalive databases hz bind port protected-mode slowlog-max-len slowlog-log-slower-than repl-backlog-size min-replicas-to-write stop-writes-on-bgsave-error cluster-enabled io-threads lazyfree-lazy-eviction'.split(
    ' ',
  );
const redisQuestions =
  'config|CONFIG|client|CLIENT|sentinel|SENTINEL|ping|PING|dbsize|DBSIZE|lastsave|LASTSAVE|role|ROLE|info|INFO|memory|MEMORY|cluster|CLUSTER|latency|LATENCY';

export const serverPrograms: readonly ProgramInput[] = [
  {
    name: 'openssl',
    parsing: 'exact',
    subcommands: {
      x509: {
        parsing: 'exact',
        switches: [
          ...['-noout', '-text', '-enddate', '-startdate', '-dates', '-subject', '-issuer', '-serial', '-fingerprint'],
          ...[
            '-sha256',
            '-sha1',
            '-md5',
            '-sha512',
            '-purpose',
            '-hash',
            '-subject_hash',
            '-issuer_hash',
            '-pubkey',
            '-modulus',
          ],
          ...['-email', '-ocsp_uri', '-ocspid', '-alias'],
        ],
        options: {
          '-in': 'certificate',
          '-checkend': 'count',
          '-inform': { oneOf: ['PEM', 'DER', 'pem', 'der'] },
          '-nameopt': 'word',
          '-certopt': 'word',
          '-ext': 'word',
          '-dateopt': 'word',
          '-checkhost': 'word',
          '-checkip': 'word',
          '-checkemail': 'word',
        },
        operands: {},
      },
      crl: {
        parsing: 'exact',
        switches: ['-noout', '-text', '-nextupdate', '-lastupdate', '-issuer', '-fingerprint', '-hash', '-crlnumber'],
        options: { '-in': 'certificate', '-inform': { oneOf: ['PEM', 'DER', 'pem', 'der'] } },
      },
      req: {
        parsing: 'exact',
        switches: ['-noout', '-text', '-subject', '-verify', '-modulus', '-pubkey'],
        options: { '-in': 'certificate', '-inform': { oneOf: ['PEM', 'DER', 'pem', 'der'] } },
        requires: [['-noout'], ['-in']],
      },
      verify: {
        parsing: 'exact',
        switches: ['-verbose', '-show_chain'],
        options: {
          '-CAfile': 'certificate',
          '-CApath': 'certificate',
          '-untrusted': 'certificate',
          '-purpose': 'word',
        },
        operands: { rest: 'certificate' },
      },
      'md5|sha1|sha256|sha512|dgst': {
        parsing: 'exact',
        switches: ['-md5', '-sha1', '-sha256', '-sha512', '-r', '-hex'],
        operands: { rest: 'content' },
      },
      pkcs7: {
        parsing: 'exact',
        switches: ['-print_certs', '-noout', '-text'],
        options: { '-in': 'certificate', '-inform': { oneOf: ['PEM', 'DER', 'pem', 'der'] } },
      },
      crl2pkcs7: {
        parsing: 'exact',
        switches: ['-nocrl'],
        options: { '-certfile': 'certificate' },
        requires: [['-nocrl']],
      },
      version: { parsing: 'exact', switches: ['-a', '-v', '-b', '-d', '-o', '-f', '-p'] },
      ciphers: {
        parsing: 'exact',
        switches: ['-v', '-V', '-s', '-tls1_2', '-tls1_3'],
        operands: { first: [{ pattern: '[A-Za-z0-9:!+@=_-]+' }], max: 1 },
      },
      // It sends what it reads, and reads until there is an end: `</dev/null`.
      s_client: {
        parsing: 'exact',
        switches: [
          ...['-showcerts', '-brief', '-status', '-tls1', '-tls1_1', '-tls1_2', '-tls1_3', '-no_tls1_3', '-4', '-6'],
          ...['-verify_return_error', '-noservername', '-prexit'],
        ],
        options: {
          ...{
            '-connect': tlsServer,
            '-servername': tlsName,
            '-verify_hostname': tlsName,
            '-verify': { pattern: '[0-9]{1,2}' },
          },
          '-starttls': { oneOf: ['smtp', 'lmtp', 'pop3', 'imap', 'ftp', 'ldap', 'postgres', 'mysql', 'xmpp', 'sieve'] },
          ...{ '-alpn': { pattern: '[A-Za-z0-9./,-]+' }, '-cipher': { pattern: '[A-Za-z0-9:!+@=_-]+' } },
          ...{ '-CAfile': 'certificate', '-CApath': 'certificate' },
        },
        requires: [['-connect']],
        sends: { texts: ['', 'Q'] },
        does: ['network', 'opens a connection'],
        asks: true,
      },
      list: {
        parsing: 'exact',
        switches: ['-commands', '-disabled', '-providers', '-cipher-algorithms', '-digest-algorithms', '-verbose'],
      },
    },
    otherwise: 'unknown',
    refused: {
      s_server: ['network', 'accepts connections'],
      rsa: ['reads_secret', 'reads a private key'],
      pkey: ['reads_secret', 'reads a private key'],
      ec: ['reads_secret', 'reads a private key'],
      pkcs12: ['reads_secret', 'reads private keys'],
      enc: ['reads_secret', 'reads and writes files'],
      '-out': ['writes', 'writes a file'],
    },
  },
  {
    // Of a store whose password it is not given it shows names and fingerprints.
    name: 'keytool',
    parsing: 'exact',
    switches: ['-list', '-v', '-cacerts'],
    options: { '-keystore': 'certificate', '-alias': 'word' },
    requires: [['-list'], ['-keystore', '-cacerts']],
    otherwise: 'writes',
  },
  {
    name: 'ssh-keygen',
    parsing: 'exact',
    options: { '-lf': { pattern: '.*\\.pub|.*/(authorized_keys|known_hosts)' } },
    requires: [['-lf']],
    otherwise: 'writes',
  },
  {
    name: 'nginx',
    parsing: 'exact',
    switches: ['-v', '-V', '-t', '-q', '-tq'],
    requires: [['-v', '-V', '-t', '-tq']],
    otherwise: 'controls_service',
  },
  {
    name: 'apachectl',
    also: ['apache2ctl'],
    parsing: 'exact',
    switches: ['-t', '-S', '-v', '-V', '-M', 'configtest'],
    options: { '-D': { oneOf: ['DUMP_VHOSTS', 'DUMP_MODULES', 'DUMP_INCLUDES'] } },
    requires: [['-t', '-S', '-v', '-V', '-M', 'configtest']],
    otherwise: 'controls_service',
  },
  {
    name: 'httpd',
    also: ['apache2'],
    parsing: 'exact',
    switches: ['-t', '-S', '-v', '-V', '-M', '-l'],
    requires: [['-t', '-S', '-v', '-V', '-M', '-l']],
    otherwise: 'controls_service',
  },
  {
    name: 'sshd',
    parsing: 'exact',
    switches: ['-t', '-T', '-V'],
    requires: [['-t', '-T', '-V']],
    otherwise: 'controls_service',
  },
  {
    name: 'haproxy',
    parsing: 'exact',
    switches: ['-v', '-vv', '-c'],
    // It shows the words that it does not know of what it reads.
    options: { '-f': { pattern: '/etc/haproxy/[A-Za-z0-9_.-]+[.](?:cfg|conf)' } },
    requires: [['-v', '-vv', '-c']],
    otherwise: 'controls_service',
  },
  // It shows the words that it does not know of what it reads.
  // It loads the plugins that a file names: of the server's own files alone.
  {
    name: 'named-checkconf',
    trustsFiles: true,
    operands: {
      first: [
        { pattern: '/etc/(?:bind|named)/(?!.*[.][.])(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+[.]conf|/etc/named[.]conf' },
      ],
      max: 1,
    },
  },
  { name: 'visudo', letters: 'c', requires: [['-c']], otherwise: 'writes' },
  // A table may stand in the setting itself: `static:user:password`.
  {
    name: 'postconf',
    letters: 'dnh',
    operands: { rest: { pattern: '(?!.*(?:passw|sasl|secret|_maps|_key))[a-z0-9_]+' }, min: 1, minUnless: ['-d'] },
    otherwise: 'writes',
  },
  { name: 'mailq' },
  {
    name: 'qshape',
    letters: 's',
    operands: { rest: { oneOf: ['active', 'incoming', 'deferred', 'hold', 'maildrop', 'bounce'] } },
  },
  { name: 'postqueue', letters: 'pj', requires: [['-p', '-j']], otherwise: 'network' },
  {
    name: 'exim',
    also: ['exim4'],
    parsing: 'exact',
    switches: ['-bp', '-bpc', '-bV'],
    requires: [['-bp', '-bpc', '-bV']],
    otherwise: 'network',
  },
  {
    name: 'fail2ban-client',
    subcommands: { status: { operands: { first: ['word'], max: 1 } }, 'ping|version': {} },
    otherwise: 'controls_service',
  },
  {
    name: 'rabbitmqctl',
    letters: 'q',
    options: { '-p': 'word' },
    subcommands: {
      'status|cluster_status|list_queues|list_connections|list_channels|list_vhosts|list_exchanges|list_consumers|list_policies|node_health_check|version':
        {
          operands: { rest: 'word' },
        },
    },
    otherwise: 'controls_service',
  },
  { name: 'varnishstat', letters: '1jlx', options: { '-f': 'word' }, requires: [['-1', '-j', '-l', '-x']] },
  // `-tt` and `-i` show the configuration, with the passwords in it.
  {
    name: 'php-fpm',
    parsing: 'exact',
    switches: ['-v', '-t', '-m'],
    requires: [['-v', '-t', '-m']],
    otherwise: 'controls_service',
  },
  { name: 'pg_lsclusters', letters: 'hj' },
  {
    // A name of a database may be a whole address to connect to.
    name: 'pg_isready',
    letters: 'q',
    options: {
      ...{ '-h': databaseHost, '--host': databaseHost, '-p': databasePort, '--port': databasePort },
      ...{ '-U': accountName, '-d': accountName, '-t': { pattern: '[0-9]{1,4}' } },
    },
    doesWith: { '-h': asksDatabase, '--host': asksDatabase },
    asks: true,
    otherwise: 'network',
  },
  {
    // The server of this machine alone; what clients sent, keys and settings are left out.
    name: 'redis-cli',
    parsing: 'posix',
    switches: ['--version', '-v'],
    options: { '-h': { oneOf: ['localhost', '127.0.0.1'] }, '-p': databasePort, '-n': { pattern: '[0-9]{1,3}' } },
    bare: true,
    requires: [[...redisVersion, ...redisQuestions.split('|')]],
    subcommands: {
      'ping|PING|dbsize|DBSIZE|lastsave|LASTSAVE|role|ROLE': {},
      'info|INFO': { operands: { rest: { pattern: '[A-Za-z]{2,20}' }, max: 3 } },
      'memory|MEMORY': { subcommands: { 'stats|STATS|doctor|DOCTOR': {} } },
      'cluster|CLUSTER': { subcommands: { 'info|INFO|nodes|NODES|slots|SLOTS': {} } },
      'config|CONFIG': {
        subcommands: { 'get|GET': { operands: { first: [{ oneOf: redisSettings }], min: 1, max: 1 } } },
      },
      // Of a command it names the verb alone.
      'client|CLIENT': { subcommands: { 'list|LIST': {} } },
      'sentinel|SENTINEL': {
        subcommands: {
          'masters|MASTERS': {},
          'master|slaves|replicas|sentinels|get-master-addr-by-name|ckquorum': {
            operands: { first: [{ pattern: '[A-Za-z0-9_.-]+' }], min: 1, max: 1 },
          },
        },
      },
      'latency|LATENCY': { subcommands: { 'latest|LATEST|doctor|DOCTOR': {} } },
    },
    otherwise: 'network',
  },
  {
    // The list of processes shows the text of statements.
    name: 'mysqladmin',
    also: ['mariadb-admin'],
    letters: 's',
    switches: ['--silent'],
    options: {
      ...{ '-u': accountName, '--user': accountName, '--connect-timeout': { pattern: '[0-9]{1,4}' } },
      ...{ '-h': { oneOf: ['localhost', '127.0.0.1'] }, '--host': { oneOf: ['localhost', '127.0.0.1'] } },
    },
    operands: { rest: { oneOf: ['ping', 'status', 'extended-status', 'version'] }, min: 1 },
    otherwise: 'controls_service',
  },
  {
    name: 'rabbitmq-diagnostics',
    letters: 'q',
    subcommands: {
      'ping|status|cluster_status|listeners|alarms|check_running|check_local_alarms|check_alarms|is_running|is_booting':
        {},
      'check_port_connectivity|memory_breakdown|server_version|erlang_version': {},
    },
    otherwise: 'unknown',
  },
  { name: 'smbstatus', letters: 'bpSLvn', options: { '-u': accountName }, otherwise: 'unknown' },
  {
    name: 'monit',
    subcommands: { 'status|summary|report': { operands: { rest: 'word' } } },
    otherwise: 'controls_service',
  },
  {
    name: 'dnsmasq',
    switches: ['--test', '-v', '--version'],
    requires: [['--test', '-v', '--version']],
    otherwise: 'controls_service',
  },
  { name: 'rndc', parsing: 'exact', subcommands: { status: {} }, otherwise: 'controls_service' },
  {
    // `stats` sets them back.
    name: 'unbound-control',
    parsing: 'exact',
    subcommands: { 'status|stats_noreset': {} },
    otherwise: 'controls_service',
  },
  {
    name: 'pdns_control',
    also: ['rec_control'],
    parsing: 'exact',
    subcommands: { 'ping|rping|version|uptime': {} },
    otherwise: 'controls_service',
  },
  {
    name: 'squidclient',
    operands: { first: [{ pattern: 'mgr:(?:info|5min|60min|counters|utilization|mem|client_list)' }], min: 1, max: 1 },
    otherwise: 'network',
  },
  {
    name: 'varnishadm',
    parsing: 'exact',
    subcommands: { 'status|ping|backend.list|ban.list': {} },
    otherwise: 'controls_service',
  },
  // Without `-s` it waits for a key.
  { name: 'testparm', letters: 'sv', switches: ['--suppress-prompt'], requires: [['-s', '--suppress-prompt']] },
  {
    name: 'wbinfo',
    letters: 'tpm',
    requires: [['-t', '-p', '-m']],
    does: ['network', 'asks other machines'],
    asks: true,
    otherwise: 'network',
  },
  { name: 'realm', subcommands: { list: { switches: ['--all', '--name-only'] } }, otherwise: 'changes_users' },
  {
    name: 'sssctl',
    subcommands: {
      'domain-list': {},
      'domain-status': { letters: 'oar', operands: { first: [tlsName], min: 1, max: 1 } },
    },
    otherwise: 'writes',
  },
  // `-K` shows the keys.
  { name: 'klist', letters: 'Aaefklt' },
  {
    name: 'sv',
    parsing: 'exact',
    subcommands: { status: { operands: { rest: 'word', min: 1 } } },
    otherwise: 'controls_service',
  },
  {
    name: 'doveadm',
    parsing: 'exact',
    subcommands: { who: {}, service: { subcommands: { status: {} } } },
    otherwise: 'unknown',
  },
];
