// Answers without a model: the question is matched to runbooks, their probes run, and their code reads what was printed.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { findRunbookCode } from '@sena/knowledge/find-runbook-code';
import { matchRunbooks } from '@sena/knowledge/match-runbooks';
import type { NodeObservation, Runbook, RunbookReport } from '@sena/knowledge/runbook';
import type { Observation } from '@sena/runs/list-observations';
import { z } from 'zod';
import { countNodes } from './describe-outcomes.ts';
import type { PlanContext, Planner, PlanTurn, ScopedNode } from './planner.ts';

const runbooksMax = 3;
const notAnsweredShown = 20;
const memorySchema = z.object({ slugs: z.array(z.string()).min(1) });

export function createRunbookPlanner(pool: Pool): Planner {
  return {
    name: 'runbook',
    wanted: { headBytes: 64 * 1024, totalBytesMax: 128 * 1024 * 1024 },
    plan: (context) => (context.turn === 0 ? choose(pool, context) : Promise.resolve(read(context))),
  };
}

async function choose(pool: Pool, context: PlanContext): Promise<PlanTurn> {
  const { request, nodes } = context;
  const runbooks = request.kind === 'runbook' ? named(request.runbook) : await matching(pool, context);
  if (runbooks.length === 0) {
    const reason =
      request.kind === 'runbook'
        ? `There is no runbook ${request.runbook}. GET /v1/runbooks lists them.`
        : 'No runbook answers this question, and no model is configured to think about it. Ask about disks, inodes, CPU, memory, services, ports, certificates or versions, run a command yourself, or configure a model.';
    return { kind: 'cannot', reason };
  }
  const nodeIds = nodes.map((node) => node.id);
  const steps = runbooks.flatMap((runbook) =>
    runbook.commands.map(({ step, title, command }) => ({ step: stepOf(runbook, step), title, command, nodeIds })),
  );
  const titles = runbooks.map((runbook) => runbook.title).join(', ');
  return {
    kind: 'probe',
    summary: `${titles} on ${countNodes(nodes.length)}.`,
    steps,
    memory: { slugs: runbooks.map((runbook) => runbook.slug) },
  };
}

function named(slug: string | null): Runbook[] {
  const runbook = slug === null ? null : findRunbookCode(slug);
  return runbook === null ? [] : [runbook];
}

async function matching(pool: Pool, context: PlanContext): Promise<Runbook[]> {
  const question = context.request.prompt ?? '';
  const matches = await inOrganization(pool, context.organizationId, (transaction) =>
    matchRunbooks(transaction, question, { limit: runbooksMax }),
  );
  return matches.map((match) => findRunbookCode(match.slug)).filter((runbook) => runbook !== null);
}

function read(context: PlanContext): PlanTurn {
  const { slugs } = memorySchema.parse(context.memory);
  const reports = slugs.map((slug) => {
    const runbook = findRunbookCode(slug);
    if (runbook === null) throw new Error(`this version of SENA has no runbook ${slug}`);
    const observations = observationsFor(runbook, context.nodes, context.observations);
    return { runbook, report: runbook.analyse(observations, context.request.prompt ?? undefined) };
  });
  return {
    kind: 'answer',
    answer: compose(reports),
    findings: reports.flatMap(({ report }) => report.findings),
  };
}

function observationsFor(
  runbook: Runbook,
  nodes: readonly ScopedNode[],
  observations: readonly Observation[],
): NodeObservation[] {
  const byNode = Map.groupBy(observations, (observation) => observation.node.id);
  return nodes.map((node) => ({
    node: { id: node.id, name: node.name, labels: node.labels },
    results: runbook.commands.flatMap(({ step }) =>
      (byNode.get(node.id) ?? [])
        .filter((observation) => observation.step === stepOf(runbook, step))
        .map(({ node: _, ...observation }) => ({ ...observation, step })),
    ),
  }));
}

function compose(reports: ReadonlyArray<{ runbook: Runbook; report: RunbookReport }>): string {
  const parts = reports.map(({ report }) => {
    const claims = report.findings.map((finding) => `- ${finding.claim}`);
    const missing = report.notAnswered
      .slice(0, notAnsweredShown)
      .map(({ node, why }) => `- No answer for ${node.name}: it ${why}.`);
    const more = report.notAnswered.length - missing.length;
    return [report.headline, ...claims, ...missing, ...(more > 0 ? [`- No answer for ${more} more.`] : [])].join('\n');
  });
  const used = reports.map(({ runbook }) => runbook.title).join(', ');
  return `${parts.join('\n\n')}\n\nRead by runbook (${used}); no model was used.`;
}

function stepOf(runbook: Runbook, step: string): string {
  return `${runbook.slug}.${step}`;
}
