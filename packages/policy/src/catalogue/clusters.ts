// Data: what runs on several machines together, asked how it is. Forms that show what a container or a resource was configured with are left out:
// passwords stand in it.
import type { ProgramInput } from './schema.ts';

type Subcommand = NonNullable<ProgramInput['subcommands']>[string];

const names = { rest: 'word' } as const;
const asksCluster: Pick<Subcommand, 'does' | 'asks'> = { does: ['network', 'asks the cluster'], asks: true };

/** What the table of `get` shows nothing secret of. */
const listed = [
  'all|pods?|po|nodes?|no|services?|svc|deployments?|deploy|daemonsets?|ds|statefulsets?|sts|replicasets?|rs|jobs?|cronjobs?|cj',
  'ingress(?:es)?|ing|persistentvolumes?|pv|persistentvolumeclaims?|pvc|namespaces?|ns|events?|ev|endpoints|ep|endpointslices?',
  'horizontalpodautoscalers?|hpa|storageclass(?:es)?|sc|networkpolic(?:y|ies)|netpol|poddisruptionbudgets?|pdb|resourcequotas?|quota',
  'componentstatus(?:es)?|cs|leases?|certificatesigningrequests?|csr|customresourcedefinitions?|crds?|serviceaccounts?|sa|limitranges?|limits',
  'replicationcontrollers?|rc|priorityclass(?:es)?|pc|apiservices?|ingressclass(?:es)?|volumeattachments?|csinodes?|csidrivers?|runtimeclass(?:es)?',
  'roles?|rolebindings?|clusterroles?|clusterrolebindings?|validatingwebhookconfigurations?|mutatingwebhookconfigurations?',
  'clusteroperators?|co|clusterversions?|machineconfigpools?|mcp|routes?|projects?|verticalpodautoscalers?|vpa',
  'certificates?|cert|certificaterequests?|issuers?|clusterissuers?|applications?|kustomizations?|helmreleases?|servicemonitors?|podmonitors?|prometheusrules?',
  'virtualservices?|gateways?|gatewayclass(?:es)?|httproutes?|nodepools?|nodeclaims?|machines?|machinesets?|volumesnapshots?|volumesnapshotclass(?:es)?',
].join('|');
const kubeName = '[a-z0-9][a-z0-9.-]{0,252}';
const kubeNames = { pattern: kubeName };
const labelSelector = { pattern: '[A-Za-z0-9_./,=!-]+' };
/** A context is one that the account's own file knows. */
const inNamespace = {
  ...{ '-n': kubeNames, '--namespace': kubeNames, '--context': { pattern: '[A-Za-z0-9][A-Za-z0-9@:/._-]{0,252}' } },
  '--request-timeout': { pattern: '[0-9]{1,4}[sm]?' },
} as const satisfies ProgramInput['options'];

/** Fields in which no environment, argument or annotation stands: a path may lead through anything, and ends in one of these. */
const leaf = [
  'name|namespace|uid|kind|creationTimestamp|generation|phase|type|reason|message|ready|started|restartCount|image|imageID|nodeName',
  'podIP|hostIP|clusterIP|clusterIPs|externalIPs|address|addresses|port|targetPort|nodePort|protocol|host|hostname|hostnames|path',
  'replicas|readyReplicas|availableReplicas|updatedReplicas|unavailableReplicas|desiredNumberScheduled|numberReady|currentReplicas|minReplicas|maxReplicas',
  'unschedulable|kubeletVersion|kernelVersion|osImage|containerRuntimeVersion|cpu|memory|storage|capacity|allocatable|requests|limits|resources',
  'startTime|completionTime|startedAt|finishedAt|exitCode|lastTransitionTime|lastTimestamp|firstTimestamp|count|active|succeeded|failed|qosClass',
  'storageClassName|volumeName|accessModes|schedule|suspend|lastScheduleTime|holderIdentity|renewTime|providerID|podCIDR|effect|conditions|taints',
].join('|');
const compared = '(?:"[A-Za-z0-9_. :-]*"|\'[A-Za-z0-9_. :-]*\'|[0-9]+|true|false)';
const filter = `[?][(]@(?:[.][A-Za-z]+)*[.](?:${leaf}|status) ?(?:==|!=|>=|<=|>|<) ?${compared}[)]`;
const atIndex = `(?:\\[(?:[*]|-?[0-9]+|-?[0-9]*:-?[0-9]*|${filter})\\])`;
const through = `(?:[.][A-Za-z]+${atIndex}?)`;
/** Of a condition it is a word. Of the whole it holds what a resource of others puts there: `history` of an application has its parameters. */
const statusOfCondition = `${through}*[.]conditions${atIndex}[.]status`;
const field = `(?:${through}*[.](?:${leaf})${atIndex}?|${statusOfCondition}|${through}*[.]metadata[.]labels(?:[.](?:[A-Za-z0-9_-]|\\\\[./])+)?)`;
const written = '"(?:[ ,:;=|/-]|\\\\[nt])*"';
const eachCondition = `[{] ?range @?${through}*[.]conditions\\[[*]\\] ?[}](?:[^{}]|[{] ?(?:${written}|@?${field}|@?[.]status) ?[}])*[{] ?end ?[}]`;
const jsonPath = `(?:[^{}]|${eachCondition}|[{] ?(?:range @?${through}+(?<![.]conditions\\[[*]\\])|end|${written}|@?${field}) ?[}])+`;
const shownAs = {
  pattern: `=?(?:wide|name|jsonpath=${jsonPath}|custom-columns=[A-Za-z0-9_ -]+:[{]?${field}[}]?(?:,[A-Za-z0-9_ -]+:[{]?${field}[}]?)*)`,
};
const statePage = { pattern: '/(?:livez|readyz|healthz)(?:/[a-z-]+)*(?:[?]verbose)?|/version|/metrics' };
/** Of these `describe` shows no environment. */
const described =
  'nodes?|no|services?|svc|persistentvolumeclaims?|pvc|namespaces?|ns|horizontalpodautoscalers?|hpa|ingress(?:es)?|ing';

const rolledOut = { pattern: `(?:deploy|deployment|ds|daemonset|sts|statefulset)(?:/${kubeName})?|${kubeName}` };

const kubectlGet: Subcommand = {
  letters: 'A',
  switches: ['--all-namespaces', '--show-labels', '--no-headers', '--show-kind'],
  options: {
    ...inNamespace,
    ...{ '-o': shownAs, '--output': shownAs, '--raw': statePage },
    ...{ '-l': labelSelector, '--selector': labelSelector, '--field-selector': labelSelector },
    '--sort-by': {
      pattern:
        '[{]?[.](?:metadata[.](?:name|namespace|creationTimestamp)|spec[.](?:nodeName|replicas)|status|lastTimestamp|firstTimestamp|eventTime|count|type|reason)(?:[.][A-Za-z0-9.[\\]]*)?[}]?',
    },
  },
  operands: {
    first: [{ pattern: `(?:${listed})(?:,(?:${listed}))*|(?:${listed})/${kubeName}` }],
    rest: kubeNames,
    min: 1,
    minUnless: ['--raw'],
  },
  ...asksCluster,
};

const etcdMember = '(?:https?://)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}';
const etcdEndpoints = { pattern: `${etcdMember}(?:,${etcdMember})*` };
const releases = {
  ...{ '-n': kubeNames, '--namespace': kubeNames, '--kube-context': kubeNames },
  ...{ '-o': { oneOf: ['table', 'json', 'yaml'] }, '--output': { oneOf: ['table', 'json', 'yaml'] } },
} as const;
const slurmNames = { pattern: '[A-Za-z0-9][A-Za-z0-9_.,:[\\]-]*' };

const kubectlUses: Subcommand = {
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
          operands: { rest: rolledOut, min: 1, max: 2 },
        },
        status: {
          options: { ...inNamespace, '--timeout': { pattern: '[0-9]{1,4}[sm]' }, '--watch': { oneOf: ['false'] } },
          requires: [['--timeout', '--watch']],
          operands: { rest: rolledOut, min: 1, max: 2 },
        },
      },
      ...asksCluster,
    },
    auth: {
      subcommands: {
        'can-i': {
          letters: 'Aq',
          switches: ['--all-namespaces', '--list', '--quiet'],
          options: inNamespace,
          operands: { rest: { pattern: '[a-z][a-z0-9./-]*' }, max: 3 },
        },
        whoami: {},
      },
      ...asksCluster,
    },
    explain: {
      switches: ['--recursive'],
      operands: { first: [{ pattern: '[A-Za-z][A-Za-z0-9.]*' }], min: 1, max: 1 },
      ...asksCluster,
    },
    'api-resources': {
      switches: ['--no-headers', '--namespaced'],
      options: {
        ...{ '--namespaced': { optional: { oneOf: ['true', 'false'] } }, '--verbs': { pattern: '[a-z,]+' } },
        ...{ '--api-group': { pattern: '[a-z0-9.-]*' }, '-o': { oneOf: ['name', 'wide'] } },
      },
      ...asksCluster,
    },
    version: { switches: ['--client', '--short'], options: { '-o': { oneOf: ['json', 'yaml'] } }, ...asksCluster },
    'cluster-info|api-versions': asksCluster,
    config: { subcommands: { 'current-context|get-contexts|get-clusters': {} } },
  },
};

export const clusterPrograms: readonly ProgramInput[] = [
  {
    // It asks as whom its own file says, and keeps what kinds of things there are in a cache of its own.
    name: 'kubectl',
    also: ['oc'],
    ...kubectlUses,
    otherwise: 'network',
  },
  {
    name: 'k3s',
    subcommands: { kubectl: kubectlUses },
    otherwise: 'controls_service',
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
    requires: [
      [...'-s status health df versions quorum_status osd mon pg mgr mds fs device crash orch balancer'.split(' ')],
    ],
    subcommands: {
      'status|versions|quorum_status': {},
      'health|df': { operands: { first: [{ oneOf: ['detail'] }], max: 1 } },
      osd: {
        subcommands: {
          'tree|stat|status|perf|utilization|lspools|blocked-by|dump': {},
          df: { operands: { first: [{ oneOf: ['tree'] }], max: 1 } },
          'find|metadata': { operands: { first: [{ pattern: '[0-9]{1,5}' }], min: 1, max: 1 } },
          pool: {
            subcommands: {
              ls: { operands: { first: [{ oneOf: ['detail'] }], max: 1 } },
              stats: { operands: { first: ['word'], max: 1 } },
            },
          },
          crush: { subcommands: { tree: {}, rule: { subcommands: { ls: {} } } } },
        },
      },
      pg: {
        subcommands: {
          stat: {},
          dump_stuck: { operands: { rest: { oneOf: ['inactive', 'unclean', 'stale', 'undersized', 'degraded'] } } },
        },
      },
      mon: { subcommands: { 'stat|dump': {} } },
      mgr: { subcommands: { 'stat|services': {}, module: { subcommands: { ls: {} } } } },
      mds: { subcommands: { stat: {} } },
      fs: { subcommands: { 'status|ls': {} } },
      device: { subcommands: { ls: {} } },
      crash: { subcommands: { 'ls|ls-new|stat': {} } },
      orch: { subcommands: { 'ps|ls|status': {}, 'host|device': { subcommands: { ls: {} } } } },
      balancer: { subcommands: { status: {} } },
    },
    ...asksCluster,
    otherwise: 'network',
  },
  {
    name: 'gluster',
    subcommands: {
      volume: {
        subcommands: {
          'status|info|list': { operands: names },
          // Without `info` it heals.
          heal: {
            operands: {
              first: [{ pattern: '[A-Za-z0-9_-]+' }, { oneOf: ['info'] }, { oneOf: ['summary', 'split-brain'] }],
              min: 2,
              max: 3,
            },
          },
        },
      },
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
      // What it proves itself with is not shown, nor sent.
      ...{ '--endpoints': etcdEndpoints, '--cacert': 'certificate', '--cert': 'certificate', '--key': 'certificate' },
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
  {
    // `status` shows notes, in which charts print passwords, `get` the values.
    name: 'helm',
    switches: ['--short'],
    requires: [['version', 'list', 'ls', 'history', 'hist']],
    subcommands: {
      version: { switches: ['--client'] },
      'list|ls': {
        letters: 'Aaqrd',
        switches: ['--all-namespaces', '--all', '--failed', '--pending', '--deployed', '--short', '--no-headers'],
        options: releases,
        ...asksCluster,
      },
      'history|hist': {
        options: { ...releases, '--max': { pattern: '[0-9]{1,4}' } },
        operands: { first: [kubeNames], min: 1, max: 1 },
        ...asksCluster,
      },
    },
    otherwise: 'network',
  },
  {
    name: 'kubeadm',
    subcommands: { version: {}, certs: { subcommands: { 'check-expiration': asksCluster } } },
    otherwise: 'writes',
  },
  {
    name: 'cilium',
    subcommands: { status: { switches: ['--brief'] }, version: {} },
    ...asksCluster,
    otherwise: 'unknown',
  },
  { name: 'calicoctl', subcommands: { node: { subcommands: { status: {} } }, version: {} }, otherwise: 'unknown' },
  {
    name: 'vault',
    parsing: 'exact',
    switches: ['--version'],
    bare: true,
    requires: [['--version', 'version', 'status']],
    subcommands: { version: {}, status: asksCluster },
    otherwise: 'network',
  },
  {
    name: 'nomad',
    parsing: 'exact',
    switches: ['--version'],
    bare: true,
    requires: [['--version', 'version', 'node', 'job', 'server']],
    subcommands: {
      version: {},
      'node|job': { subcommands: { status: { operands: { first: [kubeNames], max: 1 } } }, ...asksCluster },
      server: { subcommands: { members: {} }, ...asksCluster },
    },
    otherwise: 'network',
  },
  {
    name: 'rbd',
    parsing: 'exact',
    subcommands: {
      'ls|list': { parsing: 'exact', switches: ['-l'], operands: { first: ['word'], max: 1 } },
      'info|status|du': { operands: { first: ['word'], min: 1, max: 1 } },
    },
    ...asksCluster,
    otherwise: 'network',
  },
  { name: 'rados', parsing: 'exact', subcommands: { 'df|lspools': {} }, ...asksCluster, otherwise: 'network' },
  {
    name: 'sinfo',
    letters: 'NRlaseh',
    options: { '-p': slurmNames, '-n': slurmNames, '-t': slurmNames, '-o': 'text', '-O': 'word' },
    ...asksCluster,
    otherwise: 'network',
  },
  {
    name: 'squeue',
    letters: 'lahrs',
    switches: ['--start', '--me', '--all', '--noheader'],
    options: {
      '-p': slurmNames,
      '-u': slurmNames,
      '-w': slurmNames,
      '-t': slurmNames,
      '-j': slurmNames,
      '-o': 'text',
      '-O': 'word',
    },
    ...asksCluster,
    otherwise: 'network',
  },
  {
    name: 'scontrol',
    parsing: 'exact',
    subcommands: {
      ping: {},
      show: {
        operands: {
          first: [{ oneOf: ['node', 'nodes', 'partition', 'partitions', 'reservation', 'reservations'] }, slurmNames],
          min: 1,
          max: 2,
        },
      },
    },
    ...asksCluster,
    otherwise: 'controls_service',
  },
  { name: 'sdiag', ...asksCluster, otherwise: 'network' },
];
