// Data: what runs on several machines together, asked how it is. Forms that show what a container or a resource was configured with are left out:
// passwords stand in it.
import type { ProgramInput } from './schema.ts';

type Subcommand = NonNullable<ProgramInput['subcommands']>[string];

const names = { rest: 'word' } as const;
const asksCluster: Pick<Subcommand, 'does' | 'asks'> = { does: ['network', 'asks the cluster'], asks: true };

/** What the table of `get` shows nothing secret of. */
const listed = [
  'all|pods?|po|nodes?|no|services?|svc|deployments?|deploy|daemonsets?|ds|statefulsets?|sts|replicasets?|rs|jobs?|cronjobs?|cj',
  'ingress(?:es)?|ing|persistentvolumes?|pv|persistentvolumeclaims?|pvc|namespaces?|ns|events?|ev|endpoints|ep',
  'horizontalpodautoscalers?|hpa|storageclass(?:es)?|sc|networkpolic(?:y|ies)|netpol|poddisruptionbudgets?|pdb|resourcequotas?|quota',
].join('|');
const kubeName = '[a-z0-9][a-z0-9.-]{0,252}';
const kubeNames = { pattern: kubeName };
const labelSelector = { pattern: '[A-Za-z0-9_./,=!-]+' };
const inNamespace = {
  ...{ '-n': kubeNames, '--namespace': kubeNames },
} as const satisfies ProgramInput['options'];
/** Of these `describe` shows no environment. */
const described =
  'nodes?|no|services?|svc|persistentvolumeclaims?|pvc|namespaces?|ns|horizontalpodautoscalers?|hpa|ingress(?:es)?|ing';

const kubectlGet: Subcommand = {
  letters: 'A',
  switches: ['--all-namespaces', '--show-labels', '--no-headers', '--show-kind'],
  options: {
    ...inNamespace,
    ...{ '-o': { oneOf: ['wide', 'name'] }, '--output': { oneOf: ['wide', 'name'] } },
    ...{ '-l': labelSelector, '--selector': labelSelector, '--field-selector': labelSelector },
    '--sort-by': { pattern: '[{]?[.](?:metadata|status|lastTimestamp|firstTimestamp|eventTime)[A-Za-z0-9.[\\]]*[}]?' },
  },
  operands: {
    first: [{ pattern: `(?:${listed})(?:,(?:${listed}))*|(?:${listed})/${kubeName}` }],
    rest: kubeNames,
    min: 1,
  },
  ...asksCluster,
};

export const clusterPrograms: readonly ProgramInput[] = [
  {
    // It asks as whom its own file says, and keeps what kinds of things there are in a cache of its own.
    name: 'kubectl',
    options: inNamespace,
    subcommands: {
      get: kubectlGet,
      describe: {
        options: inNamespace,
        operands: { first: [{ pattern: `(?:${described})(?:/${kubeName})?` }], rest: kubeNames, min: 1 },
        ...asksCluster,
      },
      logs: {
        letters: 'p',
        switches: ['--previous', '--timestamps', '--all-containers', '--prefix'],
        options: {
          ...inNamespace,
          ...{ '-c': kubeNames, '--container': kubeNames, '-l': labelSelector, '--selector': labelSelector },
          ...{ '--tail': { pattern: '[0-9]{1,6}' }, '--since': { pattern: '[0-9]{1,5}[smh]' } },
        },
        endless: ['-f', '--follow'],
        operands: {
          rest: { pattern: `(?:(?:pods?|deploy|deployment|job|sts|statefulset|ds|daemonset|svc)/)?${kubeName}` },
          max: 2,
        },
        ...asksCluster,
      },
      top: {
        subcommands: {
          'nodes|node|no|pods|pod|po': {
            letters: 'A',
            switches: ['--all-namespaces', '--containers', '--no-headers'],
            options: { ...inNamespace, '-l': labelSelector, '--sort-by': { oneOf: ['cpu', 'memory'] } },
            operands: { rest: kubeNames },
          },
        },
        ...asksCluster,
      },
      rollout: {
        subcommands: {
          history: {
            options: inNamespace,
            operands: { rest: { pattern: `(?:(?:deploy|deployment|ds|sts)/)?${kubeName}` }, min: 1 },
          },
        },
        ...asksCluster,
      },
      version: { switches: ['--client', '--short'], ...asksCluster },
      'cluster-info|api-resources|api-versions': asksCluster,
      config: { subcommands: { 'current-context|get-contexts|get-clusters': {} } },
    },
    otherwise: 'network',
  },
  {
    name: 'ceph',
    parsing: 'exact',
    bare: true,
    switches: ['-s'],
    options: {
      '-f': { oneOf: ['plain', 'json', 'json-pretty'] },
      '--format': { oneOf: ['plain', 'json', 'json-pretty'] },
    },
    requires: [['-s', 'status', 'health', 'df', 'versions', 'quorum_status', 'osd', 'mon', 'pg', 'mgr', 'mds', 'fs']],
    subcommands: {
      'status|versions|quorum_status': {},
      'health|df': { operands: { first: [{ oneOf: ['detail'] }], max: 1 } },
      osd: {
        subcommands: {
          'tree|stat|status|perf|utilization|lspools|blocked-by': {},
          df: { operands: { first: [{ oneOf: ['tree'] }], max: 1 } },
        },
      },
      'mon|mgr|mds|pg': { subcommands: { stat: {} } },
      fs: { subcommands: { 'status|ls': {} } },
    },
    ...asksCluster,
    otherwise: 'network',
  },
  {
    name: 'gluster',
    subcommands: {
      volume: { subcommands: { 'status|info|list': { operands: names } } },
      peer: { subcommands: { status: {} } },
      pool: { subcommands: { list: {} } },
    },
    otherwise: 'controls_service',
  },
  {
    name: 'pcs',
    switches: ['--full'],
    subcommands: {
      status: { bare: true, subcommands: { 'nodes|resources|cluster|quorum|corosync': {} } },
      'cluster|quorum|resource': { subcommands: { status: {} } },
    },
    otherwise: 'controls_service',
  },
  // `-h` writes a page, `-E` runs a program.
  {
    name: 'crm_mon',
    letters: '1rAfnRto',
    switches: ['--one-shot'],
    requires: [['-1', '--one-shot']],
    otherwise: 'unknown',
  },
  { name: 'corosync-cfgtool', letters: 's', requires: [['-s']], otherwise: 'controls_service' },
  { name: 'corosync-quorumtool', letters: 'sl', requires: [['-s', '-l']], otherwise: 'controls_service' },
  {
    // `dump` shows the shared secret.
    name: 'drbdadm',
    also: ['drbdsetup'],
    subcommands: { 'status|role|cstate|dstate': { switches: ['--verbose', '--statistics'], operands: names } },
    otherwise: 'writes',
  },
  {
    name: 'etcdctl',
    options: {
      '-w': { oneOf: ['table', 'json', 'simple', 'fields'] },
      '--write-out': { oneOf: ['table', 'json', 'simple', 'fields'] },
    },
    subcommands: {
      endpoint: { subcommands: { 'health|status': { switches: ['--cluster'] } } },
      'member|alarm': { subcommands: { list: {} } },
      version: {},
    },
    ...asksCluster,
    otherwise: 'network',
  },
  {
    name: 'consul',
    parsing: 'exact',
    bare: true,
    switches: ['--version'],
    requires: [['--version', 'version', 'members', 'operator', 'catalog']],
    subcommands: {
      version: {},
      members: { parsing: 'exact', switches: ['-detailed', '-wan'], ...asksCluster },
      operator: { subcommands: { raft: { subcommands: { 'list-peers': {} } } }, ...asksCluster },
      catalog: { subcommands: { 'services|nodes|datacenters': {} }, ...asksCluster },
    },
    otherwise: 'network',
  },
  {
    name: 'qm',
    also: ['pct'],
    subcommands: { list: {}, status: { operands: { rest: { pattern: '[0-9]{1,9}' }, min: 1, max: 1 } } },
    otherwise: 'controls_service',
  },
  { name: 'pvecm', subcommands: { 'status|nodes': {} }, otherwise: 'writes' },
  { name: 'xl', subcommands: { 'list|info|uptime|vcpu-list': { operands: names } }, otherwise: 'controls_service' },
];
