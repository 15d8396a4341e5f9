// The boundary check is only worth something while it sees imports. Each rule is broken on purpose here, in a small
// workspace laid out as pnpm lays out the real one, and the tool has to name the rule.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = join(import.meta.dirname, '../../../..');

interface Cruise {
  modules: Array<{ source: string; dependencies: Array<{ resolved: string; dependencyTypes: string[] }> }>;
  summary: {
    totalCruised: number;
    totalDependenciesCruised: number;
    violations: Array<{ from: string; to: string; rule: { name: string } }>;
  };
}

/** The exit code says how many rules are broken: here only the report counts. */
function cruise(directory: string, folders: string[]): Promise<Cruise> {
  const program = join(repository, 'node_modules/.bin/depcruise');
  const config = join(repository, '.dependency-cruiser.cjs');
  return new Promise((resolve, reject) => {
    execFile(
      program,
      ['--config', config, '--output-type', 'json', ...folders],
      { cwd: directory, maxBuffer: 256 * 1024 * 1024, timeout: 60_000 },
      (error, stdout, stderr) => {
        try {
          resolve(JSON.parse(stdout));
        } catch {
          reject(new Error(`${program} printed no report: ${stderr}`, { cause: error }));
        }
      },
    );
  });
}

/** File, its text, and the rule it breaks; null: it breaks none. */
const canaries: Array<[file: string, text: string, rule: string | null]> = [
  ['packages/contracts/src/up.ts', `import '@sena/db/client';`, 'level-0-imports-downward-only'],
  ['packages/telemetry/src/up.ts', `import type { Client } from '@sena/db/client';`, 'level-1-imports-downward-only'],
  ['packages/queue/src/beside.ts', `import type { Client } from '@sena/db/client';`, 'level-2-imports-downward-only'],
  [
    'packages/audit/src/up.ts',
    `import { door } from '@sena/runs/door';\nexport const d = door;`,
    'level-3-imports-downward-only',
  ],
  [
    'packages/fleet/src/beside.ts',
    `export const d = () => import('@sena/runs/door');`,
    'level-4-imports-downward-only',
  ],
  ['packages/runs/src/service.ts', `import '../../../services/gateway/src/app.ts';`, 'packages-import-packages-only'],
  ['services/gateway/src/new.ts', `import '@sena/newcomer/door';`, 'every-package-has-a-level'],
  ['services/relay/src/other.ts', `import type { App } from '@sena/gateway/app';`, 'services-never-import-services'],
  ['infra/local/src/service.ts', `import '@sena/gateway/app';`, 'infra-starts-services-as-processes'],
  ['services/satellite/src/db.ts', `import type { Client } from '@sena/db/client';`, 'satellite-stays-small'],
  ['services/satellite/src/runs.test.ts', `import '@sena/runs/door';`, 'satellite-stays-small-in-tests'],
  ['services/satellite/src/reach.ts', `import '@sena/tunnel/leaky';`, 'satellite-never-reaches-the-database'],
  [
    'apps/console/src/db.tsx',
    `import type { Client } from '@sena/db/client';\nexport const A = () => <p />;`,
    'console-reaches-sena-through-the-sdk',
  ],
  ['apps/cli/src/runs.ts', `import '@sena/runs/door';`, 'cli-is-a-client'],
  ['apps/cli/src/config.test.ts', `import '@sena/config/door';`, 'cli-is-a-client-in-tests'],
  ['apps/cli/src/reach.ts', `import '@sena/audit/leaky';`, 'cli-never-reaches-the-database'],
  ['services/gateway/src/prisma.ts', `import type { P } from '@prisma/client';`, 'prisma-in-db-only'],
  ['services/gateway/src/cedar.ts', `import '@cedar-policy/cedar-wasm';`, 'cedar-in-policy-only'],
  ['services/relay/src/secrets.ts', `import '@secretlint/core';`, 'secretlint-in-redaction-only'],
  ['services/gateway/src/saml.ts', `import '@node-saml/node-saml';`, 'saml-in-auth-only'],
  ['services/gateway/src/bullmq.ts', `import { Q } from 'bullmq';\nexport const q = Q;`, 'bullmq-in-queue-only'],
  ['services/gateway/src/graph.ts', `import type { G } from '@langchain/langgraph';`, 'langgraph-in-orchestrator-only'],
  [
    'services/satellite/src/tunnel/ssh.ts',
    `import { Client } from 'ssh2';\nexport const c = Client;`,
    'ssh2-in-ssh-and-lab-only',
  ],
  ['services/gateway/src/sessions.ts', `import 'better-auth';`, 'better-auth-in-auth-only'],
  [
    'services/satellite/src/passkeys.ts',
    `import { v } from '@simplewebauthn/server';\nexport const a = v;`,
    'simplewebauthn-in-envelope-only',
  ],
  ['services/gateway/src/measured.ts', `import '../../../benchmarks/src/floor.ts';`, 'benchmarks-are-for-nobody'],
  ['services/gateway/src/fixture.ts', `import '@sena/testing/postgres';`, 'fixtures-in-tests-only'],
  ['services/gateway/src/hosts.ts', `import '@sena/lab/door';`, 'lab-is-not-for-services'],
  ['services/gateway/src/about.ts', `import './round.ts';`, 'no-cycles'],
  ['services/gateway/src/drawer.ts', `import './utils/pad.ts';`, 'no-drawers'],
  ['services/gateway/src/nowhere.ts', `import '@sena/db/no-such-door';`, 'every-import-resolves'],
  ['services/gateway/src/undeclared.ts', `import 'undeclared';`, 'every-library-is-declared'],
  [
    'services/gateway/src/development.ts',
    `import { v } from 'development';\nexport const d = v;`,
    'no-development-library-at-run-time',
  ],

  ['apps/cli/src/fine.ts', `import '@sena/audit/door';`, null],
  ['services/satellite/src/ssh/connect.ts', `import { Client } from 'ssh2';\nexport const c = Client;`, null],
  ['services/satellite/src/fine.ts', `import '@sena/contracts/door';\nimport '@sena/tunnel/door';`, null],
  ['services/gateway/src/fine.ts', `import '@sena/db/client';\nimport '@sena/runs/door';\nimport './app.ts';`, null],
  ['services/gateway/src/fine.test.ts', `import '@sena/testing/postgres';\nimport 'development';`, null],
];

/** What the canaries import. */
const scenery: Record<string, string> = {
  'packages/contracts/src/door.ts': 'export const door = 1;',
  'packages/db/src/client.ts': 'export interface Client { a: 1 }',
  'packages/runs/src/door.ts': `import '@sena/db/client';\nexport const door = 1;`,
  'packages/tunnel/src/door.ts': 'export const door = 1;',
  'packages/tunnel/src/leaky.ts': `import 'pg';`,
  'packages/audit/src/door.ts': 'export const door = 1;',
  'packages/audit/src/leaky.ts': `import 'pg';`,
  'packages/config/src/door.ts': 'export const door = 1;',
  'benchmarks/src/floor.ts': `import 'ssh2';\nexport const floor = 1;`,
  'packages/newcomer/src/door.ts': 'export const door = 1;',
  'packages/lab/src/door.ts': 'export const door = 1;',
  'packages/testing/src/postgres.ts': 'export const door = 1;',
  'services/gateway/src/app.ts': 'export interface App { a: 1 }',
  'services/gateway/src/round.ts': `import './about.ts';`,
  'services/gateway/src/utils/pad.ts': 'export const pad = 1;',
};
const libraries = [
  'pg',
  'bullmq',
  'ssh2',
  '@prisma/client',
  '@langchain/langgraph',
  'better-auth',
  '@cedar-policy/cedar-wasm',
  '@secretlint/core',
  '@node-saml/node-saml',
  '@simplewebauthn/server',
  'undeclared',
  'development',
];

describe('each boundary is seen', () => {
  let workspace: string;
  let report: Cruise;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'sena-test-boundaries-'));
    await layOutWorkspace(workspace);
    report = await cruise(workspace, ['apps', 'infra', 'packages', 'services']);
  });
  afterAll(() => rm(workspace, { recursive: true, force: true }));

  test.each(canaries.filter(([, , rule]) => rule !== null))('%s (%s) breaks %s', (file, _text, rule) => {
    expect(rulesBrokenBy(report, file)).toContain(rule);
  });

  test.each(canaries.filter(([, , rule]) => rule === null))('%s breaks nothing', (file) => {
    expect(report.modules.find((module) => module.source === file)?.dependencies.length).toBeGreaterThan(0);
    expect(rulesBrokenBy(report, file)).toEqual([]);
  });

  test('every rule of the configuration has a canary', async () => {
    const { default: config } = await import(join(repository, '.dependency-cruiser.cjs'));
    const rules = config.forbidden.map((rule: { name: string }) => rule.name);
    // Its twin without "-in-tests" has one: both come from the same line of the configuration.
    const withoutCanary = new Set(['console-reaches-sena-through-the-sdk-in-tests']);
    const broken = new Set(canaries.map(([, , rule]) => rule));
    expect(rules.filter((name: string) => !broken.has(name) && !withoutCanary.has(name))).toEqual([]);
  });
});

describe('the repository', () => {
  let report: Cruise;
  beforeAll(async () => {
    report = await cruise(repository, ['apps', 'infra', 'packages', 'services']);
  });

  test('is seen whole: an empty graph breaks no rule either', () => {
    expect(report.summary.totalCruised).toBeGreaterThan(300);
    expect(report.summary.totalDependenciesCruised).toBeGreaterThan(900);
  });

  test('is seen through subpath exports, type-only imports included', () => {
    const edges = report.modules
      .find((module) => module.source === 'packages/queue/src/open-queue.ts')
      ?.dependencies.map(({ resolved, dependencyTypes }) => ({
        resolved,
        typeOnly: dependencyTypes.includes('type-only'),
      }));
    expect(edges).toContainEqual({ resolved: 'packages/contracts/src/jobs.ts', typeOnly: false });
    expect(edges).toContainEqual({ resolved: 'packages/queue/src/queue-connection.ts', typeOnly: true });
  });
});

function rulesBrokenBy(report: Cruise, file: string): string[] {
  return report.summary.violations
    .filter((violation) => violation.from === file)
    .map((violation) => violation.rule.name);
}

async function layOutWorkspace(workspace: string): Promise<void> {
  const write = async (file: string, text: string) => {
    await mkdir(join(workspace, dirname(file)), { recursive: true });
    await writeFile(join(workspace, file), text);
  };
  await write('package.json', '{}');
  await write('tsconfig.base.json', '{}');
  for (const [file, text] of [...canaries, ...Object.entries(scenery)]) await write(file, text);

  const members = new Set(
    [...canaries.map(([file]) => file), ...Object.keys(scenery)].map((file) => file.split('/').slice(0, 2).join('/')),
  );
  for (const library of libraries) {
    await write(
      `node_modules/${library}/package.json`,
      JSON.stringify({ name: library, version: '1.0.0', main: 'index.js' }),
    );
    await write(`node_modules/${library}/index.js`, '');
  }
  for (const member of members) {
    const declared = libraries.filter((library) => library !== 'undeclared' && library !== 'development');
    const others = [...members].filter((other) => other !== member);
    await write(
      `${member}/package.json`,
      JSON.stringify({
        name: nameOf(member),
        exports: { './*': './src/*.ts' },
        dependencies: Object.fromEntries([...declared, ...others.map(nameOf)].map((name) => [name, '*'])),
        devDependencies: { development: '*' },
      }),
    );
    await mkdir(join(workspace, member, 'node_modules/@sena'), { recursive: true });
    for (const other of others) {
      await symlink(join(workspace, other), join(workspace, member, 'node_modules', nameOf(other)));
    }
  }
}

function nameOf(member: string): string {
  return `@sena/${member.split('/')[1]}`;
}
