import { expect, test } from 'vitest';
import { evaluateCommand } from '../evaluate-command.ts';
import { loadBashParser } from '../load-bash-parser.ts';
import { compileRules } from './compile-rules.ts';
import { decideCommand } from './decide-command.ts';
import type { RuleNode } from './group-nodes.ts';
import { loadCedar } from './load-cedar.ts';

const text = `
@id("prod") forbid (principal, action in Action::"changes", resource)
when { resource.hasTag("env") && ["prod", "live"].contains(resource.getTag("env")) } unless { context.approvals >= 2 };
@id("databases") forbid (principal, action == Action::"deletes", resource) when { resource.name like "db-*" };
@id("lab") permit (principal, action == Action::"controls_service", resource) when { resource.site == "Lab" };
@id("serial") forbid (principal, action, resource) when { resource.hasTag("serial") && resource.getTag("serial") == "s-77" };
`;

test('nodes that no rule tells apart are one question, however their names and labels differ', async () => {
  const [parser, engine] = await Promise.all([loadBashParser(), loadCedar()]);
  const nodes: RuleNode[] = Array.from({ length: 10_000 }, (_, i) => ({
    id: `node_${i}`,
    name: `${['web', 'db', 'cache'][i % 3]}-${i}`,
    site: i % 7 === 0 ? 'Lab' : `Site ${i % 5}`,
    address: `10.0.${i >> 8}.${i & 255}`,
    runAs: 'sena',
    labels: { env: ['prod', 'live', 'staging', 'dev'][i % 4] ?? '', serial: `s-${i}` },
  }));
  const rules = compileRules(engine, 'cloud', 'org_1', [{ name: 'ours', text }]);
  if (rules.kind === 'broken') throw new Error(JSON.stringify(rules.problems));
  const { effects } = evaluateCommand(parser, 'systemctl restart nginx; rm -rf /var/tmp/x; df -h | sort | head -3');
  const question = {
    effects,
    requester: { id: 'member:u', attributes: { role: 'admin', via: 'session' } },
    proposer: 'person' as const,
    at: new Date(),
  };
  const began = performance.now();
  const verdicts = decideCommand(rules, { ...question, nodes });
  const tookMs = performance.now() - began;
  console.log(`10,000 nodes: ${verdicts.length} groups, ${rules.answers.size} questions, ${Math.round(tookMs)} ms`);

  expect(verdicts.length).toBeGreaterThan(8);
  expect(verdicts.length).toBeLessThan(40);
  expect(rules.answers.size).toBeLessThan(verdicts.length * 5 * 6);
  expect(tookMs).toBeLessThan(5_000);
  expect(verdicts.flatMap((verdict) => verdict.nodes)).toHaveLength(10_000);
  // Each on its own is decided as it was in its group.
  for (const verdict of verdicts) {
    for (const node of [verdict.nodes[0], verdict.nodes.at(-1)]) {
      if (node === undefined) throw new Error('a group has no nodes');
      const fresh = compileRules(engine, 'cloud', 'org_1', [{ name: 'ours', text: `${text}// ${node.id}` }]);
      const [alone] = decideCommand(fresh, { ...question, nodes: [node] });
      expect(alone).toEqual({ ...verdict, nodes: [node] });
    }
  }
});
