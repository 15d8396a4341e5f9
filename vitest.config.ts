import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/longest-first.ts';

/** They open nothing, start nothing, change no environment and measure no time: one thread after the other may hold them all. */
const pure = [
  'apps/console/features/**/*.test.ts',
  'packages/{envelope,tunnel}/**/*.test.ts',
  'packages/audit/src/{a-record-is-judged-alike-*,canonical-json-*,one-root-*,records-are-not-*}.test.ts',
  'packages/knowledge/src/{every-command-*,silence-is-*,what-nodes-print-*}.test.ts',
  'packages/policy/src/{anything-added-*,benign-*,bypass-*,runbook-commands-*,what-a-command-does-*}.test.ts',
  'packages/policy/src/{catalogue/catalogue-*,environment/*,rules/rules-say-*}.test.ts',
  'packages/redaction/src/{a-kubernetes-*,how-it-is-cut-*,planted-*,what-can-not-*}.test.ts',
];
/** What they start is theirs and is stopped by them; they change no environment, kill nothing and measure no process. */
const together = [
  'packages/{approvals,audit,auth,db,fleet,runs}/**/*.test.ts',
  'services/{model-router,signer}/**/*.test.ts',
  // The probes of isolation are many: they begin early, in a process of their own.
  'services/gateway/**/!(a-foreign-principal-*).test.ts',
];
const exclude = ['**/node_modules/**', '**/dist/**', '**/.next/**', '**/fixtures/**'];

export default defineConfig({
  test: {
    globalSetup: ['tests/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    // A test that is left out, or that runs alone because of a forgotten `.only`, is a failure of the suite.
    allowOnly: false,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: pure, exclude, pool: 'threads', isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'together',
          include: together,
          exclude: [...exclude, ...pure],
          // Code is loaded once: a third of a second less for each file, more than a second for the gateway's.
          pool: 'forks',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['{packages,services,infra,apps}/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...exclude, ...pure, ...together],
          // A process per file: tests start servers, change the environment and kill things.
          pool: 'forks',
        },
      },
    ],
  },
});
