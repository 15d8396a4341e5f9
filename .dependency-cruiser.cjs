// Who may import whom. Every rule is an error; infra/local/src/test/boundaries-are-seen.test.ts breaks each on purpose and
// expects the tool to say so.

/** Packages by level, lowest first. A package imports packages of lower levels only: those of one level don't know each other. */
const levels = [
  ['contracts'],
  ['config', 'telemetry'],
  ['envelope', 'policy', 'redaction', 'tunnel', 'db', 'queue', 'signals', 'sdk', 'ui', 'lab'],
  ['audit'],
  ['runs', 'approvals', 'fleet', 'knowledge', 'auth', 'rules'],
];
const packages = levels.flat();

const oneOf = (names) => `(${names.join('|')})`;
const inPackages = (names) => `^packages/${oneOf(names)}/`;
const npm = (names) => `(^|/)node_modules/${oneOf(names)}/`;

/** Tests, and what only tests use. */
const tests = '(\\.test\\.tsx?$|^tests/|/fixtures/|^vitest\\.config\\.ts$|^packages/testing/)';

/** A process that may use only these packages; its tests may also use fixtures. */
const onlyPackages = (name, path, allowed, reason) => [
  {
    name,
    comment: reason,
    severity: 'error',
    from: { path, pathNot: tests },
    to: { path: '^packages/', pathNot: inPackages(allowed) },
  },
  {
    name: `${name}-in-tests`,
    comment: reason,
    severity: 'error',
    from: { path },
    to: { path: '^packages/', pathNot: inPackages([...allowed, 'testing', 'lab']) },
  },
];

/** An outside library has one importer, so that it can be replaced in one place. */
const oneImporter = (name, library, importer) => ({
  name,
  comment: 'Use the package that wraps this library, or add what is missing there.',
  severity: 'error',
  from: { pathNot: importer },
  to: { path: npm(library) },
});

module.exports = {
  forbidden: [
    ...levels.map((names, level) => ({
      name: `level-${level}-imports-downward-only`,
      comment: 'Packages import packages of lower levels. Callers compose what stands side by side.',
      severity: 'error',
      from: { path: inPackages(names) },
      to: { path: inPackages(levels.slice(level).flat()), pathNot: '^packages/$1/' },
    })),
    {
      name: 'packages-import-packages-only',
      comment: 'What a service or an app knows, a package does not.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|apps|infra|tests)/' },
    },
    {
      name: 'every-package-has-a-level',
      comment: 'Give a new package its level in .dependency-cruiser.cjs.',
      severity: 'error',
      from: {},
      to: { path: '^packages/', pathNot: inPackages([...packages, 'testing']) },
    },
    {
      name: 'services-never-import-services',
      comment: 'Services meet in the queue, in the database and over the wire.',
      severity: 'error',
      from: { path: '^(services|apps)/([^/]+)/' },
      to: { path: '^(services|apps|infra|tests)/', pathNot: '^$1/$2/' },
    },
    {
      name: 'infra-starts-services-as-processes',
      comment: 'The supervisor starts a service, it does not import it.',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(services|apps|tests)/' },
    },
    ...onlyPackages(
      'satellite-stays-small',
      '^services/satellite/',
      ['tunnel', 'envelope', 'policy', 'redaction', 'contracts', 'config', 'telemetry'],
      "The customer's end must be unable to reach the database.",
    ),
    {
      name: 'satellite-never-reaches-the-database',
      comment: "The customer's end must be unable to reach the database, through any package.",
      severity: 'error',
      from: { path: '^services/satellite/', pathNot: tests },
      to: { path: `(^packages/(db|queue|signals)/|${npm(['pg', 'ioredis', 'bullmq', '@prisma'])})`, reachable: true },
    },
    ...onlyPackages(
      'console-reaches-sena-through-the-sdk',
      '^apps/console/',
      ['sdk', 'ui', 'contracts', 'config'],
      'The console is a client like any other: it uses the API.',
    ),
    ...onlyPackages(
      'cli-is-a-client',
      '^apps/cli/',
      ['sdk', 'contracts', 'envelope', 'audit'],
      'The command line asks the API, computes what it must not believe, and verifies what it was given with the pure half of audit.',
    ),
    {
      name: 'cli-never-reaches-the-database',
      comment: 'What verifies must be able to run where there is no database.',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: tests },
      to: { path: `(^packages/(db|queue|signals)/|${npm(['pg', 'ioredis', 'bullmq', '@prisma'])})`, reachable: true },
    },
    oneImporter('prisma-in-db-only', ['@prisma', 'prisma'], '^packages/db/'),
    oneImporter('bullmq-in-queue-only', ['bullmq'], '^packages/queue/'),
    oneImporter('langgraph-in-orchestrator-only', ['@langchain'], '^services/orchestrator/'),
    // Benchmarks measure against bare ssh2.
    oneImporter(
      'ssh2-in-ssh-and-lab-only',
      ['ssh2', '@types/ssh2'],
      '^(services/satellite/src/ssh/|packages/lab/|benchmarks/)',
    ),
    oneImporter('secretlint-in-redaction-only', ['@secretlint'], '^packages/redaction/'),
    oneImporter('cedar-in-policy-only', ['@cedar-policy'], '^packages/policy/'),
    oneImporter('simplewebauthn-in-envelope-only', ['@simplewebauthn'], '^packages/envelope/'),
    oneImporter('better-auth-in-auth-only', ['better-auth', '@better-auth'], '^packages/auth/'),
    oneImporter('saml-in-auth-only', ['@node-saml', '@xmldom'], '^packages/auth/'),
    {
      name: 'benchmarks-are-for-nobody',
      comment: 'A benchmark uses the product; nothing uses a benchmark.',
      severity: 'error',
      from: { pathNot: '^benchmarks/' },
      to: { path: '^benchmarks/' },
    },
    {
      name: 'fixtures-in-tests-only',
      comment: '@sena/testing is for tests and benchmarks.',
      severity: 'error',
      from: { pathNot: [tests, '^benchmarks/'] },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'lab-is-not-for-services',
      comment: 'Lab hosts are for the local stack and for tests.',
      severity: 'error',
      from: { path: '^(services|apps)/', pathNot: tests },
      to: { path: '^packages/lab/' },
    },
    {
      name: 'no-cycles',
      comment: 'Move what both need into a file that both import.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-drawers',
      comment: 'Name a file for what it does: nothing is found in utils, helpers, common or shared.',
      severity: 'error',
      from: {},
      to: {
        path: '^(apps|packages|services|infra)/.*/(utils?|helpers?|common|shared)(/|\\.[a-z]+$)',
        pathNot: 'node_modules',
      },
    },
    {
      name: 'every-import-resolves',
      comment: 'The file does not exist, or its package is not among the dependencies.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'every-library-is-declared',
      comment: 'Add it to the dependencies of this package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-library-at-run-time',
      comment: 'Move it from devDependencies to dependencies.',
      severity: 'error',
      from: { path: '^(apps|packages|services|infra)/[^/]+/src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    // Imports of types count: they are what couples two packages.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.next|dist|coverage|generated|\\.turbo|reports)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.jsx', '.d.ts', '.json'],
    },
    // Every dependency of a package.json on the way up counts, as pnpm resolves them.
    combinedDependencies: false,
    cache: false,
  },
};
