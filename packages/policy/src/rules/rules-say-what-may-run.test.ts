import type { Proposer } from '@sena/contracts/domain/policy';
import { beforeAll, describe, expect, test } from 'vitest';
import { benignDiagnostics } from '../corpora/benign-diagnostics.ts';
import { bypassAttempts } from '../corpora/bypass-attempts.ts';
import { evaluateCommand } from '../evaluate-command.ts';
import { loadBashParser, type ShellParser } from '../load-bash-parser.ts';
import { compileRules } from './compile-rules.ts';
import { decideCommand, type GroupVerdict, strictest } from './decide-command.ts';
import type { RuleNode } from './group-nodes.ts';
import { type CedarEngine, loadCedar } from './load-cedar.ts';

let parser: ShellParser;
let engine: CedarEngine;
beforeAll(async () => {
  [parser, engine] = await Promise.all([loadBashParser(), loadCedar()]);
});

const noon = new Date('2026-06-01T12:00:00Z');
const node = (name: string, env: string, over: Partial<RuleNode> = {}): RuleNode => ({
  ...{ id: `node_${name}`, name, site: 'Berlin', address: '10.0.0.1', runAs: 'sena', labels: { env } },
  ...over,
});
const fleet = [node('web-1', 'prod'), node('web-2', 'staging'), node('db-1', 'prod')];

interface Asked {
  policies?: Record<string, string>;
  nodes?: RuleNode[];
  role?: string;
  id?: string;
  at?: Date;
  proposer?: Proposer;
}
const compiled = new Map<string, Exclude<ReturnType<typeof compileRules>, { kind: 'broken' }>>();
function compiledOnce(policies: Record<string, string>) {
  const key = JSON.stringify(policies);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const documents = Object.entries(policies).map(([name, text]) => ({ name, text }));
  const rules = compileRules(engine, 'cloud', 'org_1', documents);
  if (rules.kind === 'broken') throw new Error(JSON.stringify(rules.problems));
  compiled.set(key, rules);
  return rules;
}
function ask(
  command: string,
  { policies = {}, nodes = fleet, role = 'operator', id = 'member:user_1', at = noon, proposer = 'person' }: Asked = {},
): GroupVerdict[] {
  const rules = compiledOnce(policies);
  const { effects } = evaluateCommand(parser, command);
  const requester = { id, attributes: { role, via: 'session' } };
  return decideCommand(rules, { effects, requester, proposer, nodes, at });
}
const prodChanges = `
// Two people for what changes production.
forbid (principal, action in Action::"changes", resource)
when { resource.hasTag("env") && resource.getTag("env") == "prod" }
unless { context.approvals >= 2 };`;
const stagingRestarts = `
permit (principal, action == Action::"controls_service", resource)
when { resource.hasTag("env") && resource.getTag("env") == "staging" };`;

describe('the default rules', () => {
  test('decide as the reading of the command does: reading runs, everything else has one approval by another person', () => {
    const commands = [...benignDiagnostics, ...bypassAttempts.flatMap(({ attempt, control }) => [attempt, control])];
    expect(commands.length).toBeGreaterThan(1_000);
    const asked = new Set<string>();
    for (const command of commands) {
      const { decision, effects } = evaluateCommand(parser, command);
      // Rules are asked about effects, wherever in a text these stand.
      const question = JSON.stringify(effects.map(({ kind, call }) => [kind, call]));
      if (asked.has(question)) continue;
      asked.add(question);
      const [verdict, ...others] = ask(command);
      const told = { command, decision: verdict?.decision, approvers: verdict?.approvers, others: others.length };
      expect(told).toEqual({ command, decision, approvers: decision === 'allow' ? 0 : 1, others: 0 });
    }
  });

  test.each([
    'ping -c 3 10.0.0.1 | tail -2',
    'dig +short web-01.example.com',
    'curl -s localhost:9100/metrics | grep node_load',
  ])('let %s run when a person wrote it, and not when a model or a runbook proposed it', (command) => {
    expect(ask(command)).toMatchObject([
      { decision: 'allow', approvers: 0, rules: expect.arrayContaining(['default/asking-the-network']) },
    ]);
    for (const proposer of ['model', 'runbook'] as const)
      expect(ask(command, { proposer })).toMatchObject([
        { decision: 'require_approval', approvers: 1, rules: ['default/no-person-wrote-it'] },
      ]);
  });

  test('ask about a question to the network of which a part is known on the node alone, although all of it is described', () => {
    for (const command of ['ping -c 1 10.0.0.$(nproc)', 'dig web-$(nproc)']) {
      const { effects } = evaluateCommand(parser, command);
      expect({ command, understood: effects.every(({ call }) => call.understood) }).toEqual({
        command,
        understood: true,
      });
      expect(ask(command)).toMatchObject([{ decision: 'require_approval', rules: ['default/second-person'] }]);
    }
  });

  test('name themselves and the piece of text', () => {
    expect(ask('systemctl restart nginx')).toMatchObject([
      {
        decision: 'require_approval',
        approvers: 1,
        passkey: false,
        rules: ['default/second-person'],
        reasons: ['needs approval because `systemctl restart` controls a service, rule default/second-person'],
      },
    ]);
    expect(ask('cat /etc/shadow')[0]?.rules).toContain('default/never-alone');
  });
});

describe('an organization’s rules', () => {
  test('ask two people for changes in production and one elsewhere, a group of nodes at a time', () => {
    const verdicts = ask('systemctl restart nginx', { policies: { 'prod-changes': prodChanges } });
    expect(verdicts.map(({ approvers, nodes, rules }) => [approvers, nodes.map(({ name }) => name), rules])).toEqual([
      [2, ['web-1', 'db-1'], ['prod-changes']],
      [1, ['web-2'], ['default/second-person']],
    ]);
    expect(strictest(verdicts)).toMatchObject({
      decision: 'require_approval',
      approvers: 2,
      reasons: [
        'needs approval by two people because `systemctl restart` controls a service, rule prod-changes (on 2 of 3 nodes, such as web-1)',
        'needs approval because `systemctl restart` controls a service, rule default/second-person (on 1 of 3 nodes, such as web-2)',
      ],
    });
  });

  test('may let services be controlled in staging without anybody', () => {
    const policies = { 'staging-restarts': stagingRestarts };
    expect(ask('systemctl restart nginx', { policies, nodes: [node('web-2', 'staging')] })).toMatchObject([
      {
        decision: 'allow',
        approvers: 0,
        rules: ['staging-restarts'],
        reasons: ['may run because `systemctl restart` controls a service, rule staging-restarts'],
      },
    ]);
    expect(ask('systemctl restart nginx', { policies, nodes: [node('web-1', 'prod')] })[0]?.approvers).toBe(1);
    expect(ask('systemctl restart nginx', { policies, nodes: [node('x', 'prod', { labels: {} })] })[0]?.approvers).toBe(
      1,
    );
  });

  test('never let alone what is not understood, whatever they permit', () => {
    const policies = { everything: 'permit (principal, action, resource);' };
    const never = [
      ...['frobnicate', 'sudo ls', 'cat /etc/shadow', 'eval ls', 'curl http://169.254.169.254/', '$(x)', 'sh -c ls'],
      // The kind is known and the rest is not described.
      ...[
        'systemctl -H root@other restart nginx',
        'systemctl restart nginx --root=/x',
        'ls > /etc/cron.d/x',
        'nohup rm x',
      ],
      ...[
        'systemctl restart "$(cat x)"',
        'systemctl enable /tmp/evil.service',
        'LD_PRELOAD=/x systemctl restart nginx',
      ],
    ];
    for (const command of never) {
      const [verdict] = ask(command, { policies });
      expect({ command, decision: verdict?.decision }).toEqual({ command, decision: 'require_approval' });
    }
    expect(ask('systemctl restart nginx', { policies })[0]?.decision).toBe('allow');
    const attempts = bypassAttempts.map(({ attempt }) => attempt);
    const ran = attempts.filter((attempt) => ask(attempt, { policies })[0]?.decision === 'allow');
    // What runs is what is described: no trick is.
    for (const attempt of ran) {
      const { effects } = evaluateCommand(parser, attempt);
      expect(effects.every(({ call, kind }) => call.understood && kind !== 'unknown')).toBe(true);
    }
  });

  test.each(['model', 'runbook'] as const)('never let alone what a %s proposed and is not reading', (proposer) => {
    const policies = { everything: 'permit (principal, action, resource);' };
    expect(ask('systemctl restart nginx', { policies })[0]?.decision).toBe('allow');
    expect(ask('systemctl restart nginx', { policies, proposer })).toMatchObject([
      {
        ...{ decision: 'require_approval', approvers: 1, rules: ['default/no-person-wrote-it'] },
        reasons: [
          `needs approval because a ${proposer} proposed it and \`systemctl restart\` controls a service, rule default/no-person-wrote-it`,
        ],
      },
    ]);
    for (const command of ['df -P && systemctl restart nginx', 'rm /tmp/x', 'curl https://example.com/']) {
      const [verdict] = ask(command, { policies, proposer });
      expect({ command, decision: verdict?.decision }).toEqual({ command, decision: 'require_approval' });
    }
    expect(ask('df -P', { proposer })).toEqual(ask('df -P'));
  });

  test('may ask more of what a model proposed, and forbid it', () => {
    const policies = {
      two: 'forbid (principal, action == Action::"deletes", resource) when { context.proposer == "model" } unless { context.approvals >= 2 };',
      never: 'forbid (principal, action == Action::"installs", resource) when { context.proposer == "model" };',
    };
    expect(ask('rm /tmp/x', { policies, proposer: 'model' })[0]?.approvers).toBe(2);
    expect(ask('rm /tmp/x', { policies })[0]?.approvers).toBe(1);
    expect(ask('apt-get install -y nginx', { policies, proposer: 'model' })[0]?.decision).toBe('deny');
    expect(ask('apt-get install -y nginx', { policies })[0]?.decision).toBe('require_approval');
  });

  test('forbid wins over everything that permits, and no approval helps', () => {
    const policies = {
      anything: 'permit (principal, action, resource);',
      'no-deletes': 'forbid (principal, action == Action::"deletes", resource) when { resource.name like "db-*" };',
    };
    const verdicts = ask('rm -rf /var/tmp/x', { policies });
    expect(verdicts.map(({ decision, nodes }) => [decision, nodes.length])).toEqual([
      ['allow', 2],
      ['deny', 1],
    ]);
    expect(strictest(verdicts)).toMatchObject({ decision: 'deny', rules: ['no-deletes'] });
    expect(verdicts[1]?.reasons).toEqual(['is denied because `rm` deletes, rule no-deletes']);
  });

  test('may forbid asking the network, or want a person for it, at both ends', () => {
    const quiet = 'forbid (principal, action == Action::"network", resource);';
    const asked = 'forbid (principal, action == Action::"network", resource) unless { context.approvals >= 1 };';
    const at = (end: 'cloud' | 'satellite', text: string) => {
      const rules = compileRules(engine, end, 'org_1', [{ name: 'ours', text }]);
      const { effects } = evaluateCommand(parser, 'df -h; ping -c 1 web-01');
      const requester = { id: 'unknown', attributes: {} };
      return decideCommand(rules, { effects, requester, proposer: 'person', nodes: fleet, at: noon });
    };
    for (const end of ['cloud', 'satellite'] as const) {
      expect(at(end, quiet)).toMatchObject([
        { decision: 'deny', rules: ['ours'], reasons: ['is denied because `ping` asks other machines, rule ours'] },
      ]);
      expect(at(end, asked)).toMatchObject([{ decision: 'require_approval', approvers: 1, rules: ['ours'] }]);
      expect(at(end, 'permit (principal, action == Action::"network", resource);')).toMatchObject([
        { decision: 'allow' },
      ]);
    }
  });

  test('may ask for the role, for the hour, for the program and for what it is applied to', () => {
    const policies = {
      p: `permit (principal, action == Action::"controls_service", resource) when {
        principal.role == "admin" && context.hour >= 8 && context.hour < 17 && context.weekday <= 5 &&
        context has use && context.use == "systemctl restart" &&
        context has operands && ["nginx", "php-fpm"].containsAll(context.operands) };`,
    };
    const decided = (command: string, more: Asked = {}) =>
      ask(command, { policies, nodes: [node('a', 'prod')], role: 'admin', ...more })[0]?.decision;
    expect(decided('systemctl restart nginx php-fpm')).toBe('allow');
    expect(decided('for s in nginx php-fpm; do systemctl restart $s; done')).toBe('allow');
    expect(decided('systemctl restart nginx', { role: 'operator' })).toBe('require_approval');
    expect(decided('systemctl restart nginx', { at: new Date('2026-06-01T17:00:00Z') })).toBe('require_approval');
    expect(decided('systemctl restart nginx', { at: new Date('2026-06-06T12:00:00Z') })).toBe('require_approval');
    expect(decided('systemctl stop nginx')).toBe('require_approval');
    expect(decided('systemctl restart nginx sshd')).toBe('require_approval');
    expect(decided('for s in nginx sshd; do systemctl restart $s; done')).toBe('require_approval');
  });

  test('may be about one person', () => {
    const policies = {
      ...{ mine: 'permit (principal == Member::"member:user_1", action == Action::"controls_service", resource);' },
      ...{ others: 'forbid (principal, action, resource) when { principal == Member::"member:user_2" };' },
    };
    const decided = (id: string) => ask('systemctl restart nginx', { policies, id })[0]?.decision;
    expect(decided('member:user_1')).toBe('allow');
    expect(decided('member:user_2')).toBe('deny');
    expect(decided('member:user_3')).toBe('require_approval');
  });

  test('may want a passkey', () => {
    const policies = {
      keyed: 'forbid (principal, action == Action::"installs", resource) unless { context.passkey };',
    };
    expect(ask('apt-get install -y nginx', { policies })[0]).toMatchObject({
      ...{ decision: 'require_approval', approvers: 1, passkey: true, rules: ['keyed'] },
      reasons: [
        expect.stringMatching(
          /^needs approval with a passkey because `apt-get install` installs packages, rule keyed$/,
        ),
      ],
    });
  });

  test('that can not be read deny everything, and say which', () => {
    const rules = compileRules(engine, 'cloud', 'org_1', [{ name: 'torn', text: 'permit (principal' }]);
    const { effects } = evaluateCommand(parser, 'uptime');
    const [verdict] = decideCommand(rules, {
      ...{ effects, requester: { id: 'x', attributes: {} }, proposer: 'person', nodes: fleet, at: noon },
    });
    expect(verdict).toMatchObject({ decision: 'deny', reasons: [expect.stringContaining('torn, line 1')] });
  });
});

describe('what is wrong with a text is said with its line', () => {
  const problemsOf = (text: string, end: 'cloud' | 'satellite' = 'cloud') => {
    const rules = compileRules(engine, end, 'org_1', [{ name: 'mine', text }]);
    return rules.kind === 'broken' ? rules.problems : [];
  };
  test.each([
    ['syntax', '\npermit (principal, action, resource)\nwen { true };', 3, /when|unless/],
    [
      'the context as a whole',
      'permit (principal, action, resource)\nwhen { (if context.approvals > 0 then context else context).approvals > 0 };',
      1,
      /`context` as a whole/,
    ],
    [
      'nodes as a whole',
      'permit (principal, action, resource)\nwhen { (if context.approvals > 0 then resource else resource).name == "x" };',
      1,
      /`resource` as a whole/,
    ],
    [
      'an address by its range',
      'permit (principal, action, resource)\nwhen { ip(resource.address).isLoopback() };',
      1,
      /fixed texts/,
    ],
    [
      'what can not be parsed, with what could stand there',
      'permit (principal, action resource);',
      1,
      /unexpected token .*expected .*`,`/,
    ],
    ['nothing', '// only a remark', 1, /no rule/],
    ['a template', 'permit (principal == ?principal, action, resource);', 1, /template/],
    ['an unknown action', 'permit (principal, action == Action::"restarts", resource);', 1, /unrecognized action/],
    ['an unknown attribute', 'permit (principal, action, resource)\nwhen { resource.rack == "a" };', 2, /rack/],
    [
      'a label without asking for it',
      'permit (principal, action, resource)\nwhen { resource.getTag("env") == "x" };',
      2,
      /hasTag/,
    ],
    [
      'a label of which the key is computed',
      'forbid (principal, action, resource)\nwhen { resource.hasTag(resource.name) };',
      1,
      /fixed text/,
    ],
    [
      'names compared with one another',
      'forbid (principal, action, resource)\nwhen { resource.name == resource.site };',
      1,
      /fixed texts/,
    ],
    ['a node by id', 'permit (principal, action, resource == Nodes::"node_1");', 1, /what they are/],
    [
      'two of one name',
      '@id("a") permit (principal, action, resource);\n@id("a") forbid (principal, action, resource);',
      2,
      /@id of its own/,
    ],
    ['the unknown alone', '\npermit (principal, action == Action::"unknown", resource);', 2, /always need an approval/],
    [
      'secrets alone',
      'permit (principal, action in [Action::"reads", Action::"reads_secret"], resource);',
      1,
      /reads_secret/,
    ],
    ['characters beyond ASCII before it', '// äöü 🙂\npermit (principal, action, resource) wen {};', 2, /when/],
  ])('%s', (_what, text, line, message) => {
    expect(problemsOf(text)).toContainEqual({
      document: 'mine',
      line,
      column: expect.any(Number),
      message: expect.stringMatching(message),
    });
  });

  test('a satellite’s rules can not ask for what a satellite does not know', () => {
    const byRole = 'permit (principal, action, resource) when { principal.role == "admin" };';
    expect(problemsOf(byRole)).toEqual([]);
    expect(problemsOf(byRole, 'satellite')).toHaveLength(1);
    expect(problemsOf(stagingRestarts, 'satellite').length).toBeGreaterThan(0);
    const byPerson = 'forbid (principal == Member::"member:user_1", action, resource);';
    expect(problemsOf(byPerson)).toEqual([]);
    expect(problemsOf(byPerson, 'satellite')).toHaveLength(1);
    const byPasskey = 'forbid (principal, action, resource) unless { context.passkey };';
    expect(problemsOf(byPasskey)).toEqual([]);
    expect(problemsOf(byPasskey, 'satellite')).toHaveLength(1);
  });

  test('what has no effect is noted', () => {
    const rules = compileRules(engine, 'cloud', 'org_1', [
      { name: 'mine', text: 'permit (principal, action, resource);' },
    ]);
    expect(rules).toMatchObject({
      kind: 'ready',
      notes: [{ line: 1, message: expect.stringContaining('always need an approval') }],
    });
  });
});
