// Answers without a model: the question is matched to runbooks, their probes run, and their code reads what was printed.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { findRunbookCode } from '@sena/knowledge/find-runbook-code';
import { findUnusedAmounts } from '@sena/knowledge/find-unused-amounts';
import { asksForChange, matchRunbooks } from '@sena/knowledge/match-runbooks';
import { ownRunbooks } from '@sena/knowledge/own-runbooks';
import type { NodeObservation, Runbook, RunbookReport } from '@sena/knowledge/runbook';
import { nodeHealth } from '@sena/knowledge/runbooks/node-health';
import type { Observation } from '@sena/runs/execution/list-observations';
import { z } from 'zod';
import { countNodes, listNames } from './describe-outcomes.ts';
import type { PlanContext, Planner, PlanTurn, ScopedNode } from './planner.ts';

const runbooksMax = 3;
const notAnsweredShown = 20;
/** Package lists of more nodes than these are not read beside everything else: each is as long as a book. */
const healthWithPackagesMax = 500;
const memorySchema = z.object({ slugs: z.array(z.string()).min(1) });

export function createRunbookPlanner(pool: Pool): Planner {
  return {
    name: 'runbook',
    wanted: { headBytes: 256 * 1024, totalBytesMax: 128 * 1024 * 1024 },
    plan: (context) => (context.turn === 0 ? choose(pool, context) : Promise.resolve(read(context))),
  };
}

async function choose(pool: Pool, context: PlanContext): Promise<PlanTurn> {
  const { request, nodes, peers } = context;
  const runbooks = request.kind === 'runbook' ? named(request.runbook) : await matching(pool, context);
  if (runbooks.length === 0) {
    const reason =
      request.kind === 'runbook'
        ? `There is no runbook ${request.runbook}. GET /v1/runbooks lists them.`
        : asksForChange(request.prompt ?? '')
          ? onlyLooks
          : whatCanBeAsked();
    return { kind: 'cannot', reason };
  }
  // The notes say which name does not exist, and go before the answer.
  if (context.isNowhere) return { kind: 'answer', answer: 'Nothing was run.', findings: [] };
  const nodeIds = nodes.map((node) => node.id);
  const peerIds = peers.map((node) => node.id);
  const steps = runbooks.flatMap((runbook) =>
    runbook.commands
      .filter(({ step }) => runbook !== nodeHealth || step !== 'packages' || nodes.length <= healthWithPackagesMax)
      .map(({ step, title, command, comparesNodes }) => ({
        step: stepOf(runbook, step),
        title,
        command,
        nodeIds: comparesNodes ? [...nodeIds, ...peerIds] : nodeIds,
      })),
  );
  const titles = runbooks.map((runbook) => runbook.title).join(', ');
  const compared =
    peers.length > 0 && runbooks.some(compares)
      ? `, compared with ${peers.length} ${peers.length === 1 ? 'other' : 'others'}`
      : '';
  return {
    kind: 'probe',
    summary: [`${titles} on ${countNodes(nodes.length)}${compared}.`, ...unusedAmounts(context)].join(' '),
    steps,
    memory: { slugs: runbooks.map((runbook) => runbook.slug) },
  };
}

function compares(runbook: Runbook): boolean {
  return runbook.commands.some((command) => command.comparesNodes);
}

const onlyLooks =
  'This asks for a change, and without a model SENA only looks. Nothing was run. Give the command itself and the nodes, for example systemctl restart nginx on role=web: what changes something waits for approval. Or have an administrator configure a model.';

function whatCanBeAsked(): string {
  // Examples that are true of any fleet: none that names a node.
  const topics = ownRunbooks.map(({ title, questions }) => `- ${title}: ${questions.find((one) => !/\d/.test(one))}`);
  return [
    "SENA can't answer this without a model: none is configured, and no runbook looks into it. Nothing was run. What can be asked without one:",
    ...topics,
    'Or run a command yourself. For any other question an administrator has to configure a model.',
  ].join('\n');
}

function named(slug: string | null): Runbook[] {
  const runbook = slug === null ? null : findRunbookCode(slug);
  return runbook === null ? [] : [runbook];
}

async function matching(pool: Pool, context: PlanContext): Promise<Runbook[]> {
  const question = context.request.prompt ?? '';
  const matches = await inOrganization(pool, context.organizationId, (transaction) =>
    matchRunbooks(transaction, question, { limit: runbooksMax, names: context.names }),
  );
  return matches.map((match) => findRunbookCode(match.slug)).filter((runbook) => runbook !== null);
}

function read(context: PlanContext): PlanTurn {
  const { slugs } = memorySchema.parse(context.memory);
  const reports = slugs.map((slug) => {
    const runbook = findRunbookCode(slug);
    if (runbook === null) throw new Error(`this version of SENA has no runbook ${slug}`);
    const observations = [
      ...observationsFor(runbook, context.nodes, context.observations),
      ...observationsFor(runbook, context.peers, context.observations).map((peer) => ({
        ...peer,
        isPeer: true as const,
      })),
    ];
    return { runbook, report: runbook.analyse(observations, context.request.prompt ?? undefined) };
  });
  return {
    kind: 'answer',
    answer: compose(
      reports,
      countComparedWith(
        context,
        reports.map(({ runbook }) => runbook),
      ),
      unusedAmounts(context),
    ),
    findings: reports.flatMap(({ report }) => report.findings),
  };
}

/** Peers of whom at least one command could be read. */
function countComparedWith(context: PlanContext, runbooks: readonly Runbook[]): number {
  if (!runbooks.some(compares)) return 0;
  const answered = new Set(
    context.observations.filter(({ outcome }) => outcome === 'exited').map(({ node }) => node.id),
  );
  return context.peers.filter(({ id }) => answered.has(id)).length;
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

/** What the question asks for and no runbook reads, as a sentence; none where there is nothing like that. */
function unusedAmounts({ request, names }: PlanContext): string[] {
  const amounts = findUnusedAmounts(request.prompt ?? '', names);
  if (amounts.length === 0) return [];
  return [
    `The ${listNames(amounts)} in your question ${amounts.length === 1 ? 'was' : 'were'} not used: without a model SENA looks by limits of its own.`,
  ];
}

function compose(
  reports: ReadonlyArray<{ runbook: Runbook; report: RunbookReport }>,
  comparedWith: number,
  unused: readonly string[],
): string {
  const parts = reports.map(({ report }) => {
    // What the headline has said already is not said again.
    const said = [report.headline, ...report.findings.map(({ claim }) => claim)];
    const claims = report.findings
      .filter(({ claim }) => !said.some((other) => other.length > claim.length && other.includes(claim)))
      .map(({ claim, severity }) => `- ${severity === 'critical' ? 'Critical: ' : ''}${claim}.`);
    const missing = report.notAnswered
      .slice(0, notAnsweredShown)
      .map(({ node, why }) => `- No answer for ${node.name}: it ${why}.`);
    const more = report.notAnswered.length - missing.length;
    const left = more > 0 ? [`- No answer for ${more} more.`] : [];
    // Said once, however many nodes it is for.
    const advice = new Set(report.notAnswered.flatMap((entry) => entry.advice ?? []));
    const next = [...advice].map((sentence) => `- What to do: ${sentence}`);
    return [report.headline, ...claims, ...missing, ...left, ...next].join('\n');
  });
  const used = reports.map(({ runbook }) => runbook.title).join(', ');
  const compared =
    comparedWith > 0
      ? ` Compared with what ${comparedWith} other ${comparedWith === 1 ? 'node' : 'nodes'} printed.`
      : '';
  return `${[...parts, ...unused].join('\n\n')}\n\nRead by runbook (${used}); no model was used.${compared}`;
}

function stepOf(runbook: Runbook, step: string): string {
  return `${runbook.slug}.${step}`;
}
