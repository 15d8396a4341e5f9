// Entered from the start; leaves to plan, or to report when no node is meant. Reads the request, the nodes and the sites; writes one event.
import type { TenantTransaction } from '@sena/db/tenant';
import { listSiteNames } from '@sena/fleet/list-site-names';
import { selectNodes } from '@sena/fleet/select-nodes';
import { appendRunEventOnce } from '@sena/runs/events/append-run-event';
import { readRun } from '@sena/runs/run/read-run';
import { readRunScope } from '@sena/runs/run/read-run-scope';
import { transitionRun } from '@sena/runs/run/transition-run';
import { countNodes, listNames } from '../../planners/describe-outcomes.ts';
import type { ScopedNode } from '../../planners/planner.ts';
import { choosePeers } from '../choose-peers.ts';
import { findNamedPlaces } from '../places/find-named-places.ts';
import type { Fleet } from '../places/index-fleet.ts';
import { actor, changeRun, type RunContext } from '../run-context.ts';
import { packNodes, type RunEnding, type RunUpdate } from '../run-state.ts';

export function scope(context: RunContext) {
  return async (): Promise<RunUpdate> => {
    const { runId, leaseEpoch } = context.lease;
    return changeRun(context, async (transaction) => {
      const run = await readRun(transaction, runId);
      if (run === null) throw new Error(`run ${runId} is gone`);
      await transitionRun(transaction, { runId, to: 'running', actor, leaseEpoch });
      const request = {
        kind: run.kind,
        prompt: run.kind === 'ask' ? run.prompt : null,
        command: run.command,
        runbook: run.kind === 'runbook' ? run.prompt : null,
        waitMs: await readWaitMs(transaction, runId),
        startAt: run.startAt,
      };
      const scoped =
        run.kind === 'ask'
          ? await scopeQuestion(transaction, run.prompt ?? '', run.selector, await readRunScope(transaction, runId))
          : await scopeRequest(transaction, run.selector, await readRunScope(transaction, runId));
      const { note, ...update } = scoped;
      const siteCount = new Set(update.nodes.map((node) => node.site)).size;
      await appendRunEventOnce(
        transaction,
        runId,
        { type: 'run.scoped', nodeCount: update.nodes.length, siteCount, note },
        { type: 'run.scoped' },
      );
      const packed = { nodes: packNodes(update.nodes), peers: packNodes(update.peers) };
      return { request, ...update, ...packed, turn: 0, memory: null, steps: [], passed: [], approvalId: null };
    });
  };
}

interface Scoped {
  readonly nodes: ScopedNode[];
  readonly peers: ScopedNode[];
  readonly names: string[];
  readonly notes: string[];
  readonly isNowhere: boolean;
  /** For the run's event. */
  readonly note: string | null;
  readonly ending: RunEnding | null;
}

const noNodes = 'There are no nodes yet. Add some under Nodes, then ask again.';

/**
 * A command or a runbook: the selector alone says where. `bounds`: what its requester's role was narrowed to. Labels may have changed since
 * it was asked for, so that it would reach beyond now: then it reaches nothing.
 */
async function scopeRequest(
  transaction: TenantTransaction,
  selector: string | null,
  bounds: string | null,
): Promise<Scoped> {
  const nodes = await readScoped(transaction, selector, bounds);
  const reachesBeyond =
    bounds !== null && selector !== null && (await readScoped(transaction, selector, null)).length > nodes.length;
  if (reachesBeyond) {
    const reason = `${selector} reaches beyond the scope it was asked under, which is ${bounds}; nothing was run. Ask for (${selector}) and (${bounds}).`;
    return {
      ...{ nodes: [], peers: [], names: [], notes: [], isNowhere: false, note: null },
      ending: { status: 'failed', reason },
    };
  }
  const within = bounds === null ? '' : ` within the scope ${bounds}`;
  const reason = selector === null && bounds === null ? noNodes : `No node matches ${selector ?? '*'}${within}.`;
  return {
    ...{ nodes, peers: [], names: [], notes: [], isNowhere: false, note: null },
    ending: nodes.length === 0 ? { status: 'failed', reason } : null,
  };
}

/** A question: what it names, within what the selector picks. Where that leaves no node, saying so is the answer. */
async function scopeQuestion(
  transaction: TenantTransaction,
  question: string,
  selector: string | null,
  bounds: string | null,
): Promise<Scoped> {
  // What lies beyond the requester's bounds is not there for them: it is neither read nor named.
  const fleet = await readFleet(transaction, bounds);
  const picked = selector === null ? fleet.nodes : await readScoped(transaction, selector, bounds);
  const { nodes: named, named: words, texts: names, missing, isVague } = findNamedPlaces(question, fleet);
  const isPicked = new Set(picked.map(({ id }) => id));
  const nodes = (named ?? fleet.nodes).filter(({ id }) => isPicked.has(id)).map(toScoped);
  const isNowhere = named === null && missing.length > 0;
  const nothing = (sentence: string): Scoped => ({
    ...{ nodes: [], peers: [], names, notes: [], isNowhere, note: sentence },
    ending: { status: 'succeeded', answer: sentence, findings: [] },
  });
  if (fleet.nodes.length === 0)
    return nothing(bounds === null ? noNodes : `There are no nodes within your scope, which is ${bounds}.`);
  if (isNowhere && !isVague) return nothing(`${missing.join(' ')} Nothing was run.`);
  if (nodes.length === 0) return nothing([...missing, whyNone(words, named, fleet, picked, selector)].join(' '));

  const outside = (named ?? []).filter(({ id }) => !isPicked.has(id)).map(({ name }) => name);
  const notes = [
    ...missing,
    ...(outside.length > 0 ? [`Outside the selector ${selector} and left out: ${listNames(outside)}.`] : []),
  ];
  // A selector is a border: nothing beyond it is read, not even to compare with.
  const peers = choosePeers(nodes, picked).map(toScoped);
  const meant = named === null ? [] : [`The question names ${listNames(words)}: ${countNodes(nodes.length)}.`];
  const note = [...meant, ...notes].join(' ');
  return { nodes, peers, names, notes, isNowhere, note: note === '' ? null : note, ending: null };
}

/** `named`: nodes that the question leaves, before the selector. */
function whyNone(
  words: readonly string[],
  named: readonly ScopedNode[] | null,
  fleet: Fleet,
  picked: readonly ScopedNode[],
  selector: string | null,
): string {
  if (picked.length === 0) return `No node matches the selector ${selector}, so nothing was run.`;
  if (named !== null && named.length > 0) {
    const isOne = named.length === 1;
    return `The selector ${selector} does not pick ${listNames(named.map(({ name }) => name))}, so nothing was run. Ask without the selector, or with one that picks ${isOne ? 'it' : 'them'}.`;
  }
  const [only = ''] = words;
  if (words.length === 1 && only.startsWith('the site '))
    return `${only.replace('the', 'The')} has no nodes, so nothing was run.`;
  const asNamed = fleet.nodes.filter(({ name }) => words.includes(name)).slice(0, 5);
  const where = asNamed.map(({ name, site }) => `${name} is in ${site}. `).join('');
  return `${where}No node is all of what the question names (${words.join(', ')}), so nothing was run.`;
}

async function readFleet(transaction: TenantTransaction, bounds: string | null): Promise<Fleet> {
  const found = await selectNodes(transaction, null, bounds);
  const nodes = found.map((node) => ({ ...toScoped({ ...node, site: node.site.name }), address: node.address }));
  const sites = bounds === null ? await listSiteNames(transaction) : [...new Set(nodes.map(({ site }) => site))];
  return { nodes, sites };
}

async function readScoped(
  transaction: TenantTransaction,
  selector: string | null,
  bounds: string | null,
): Promise<ScopedNode[]> {
  const found = await selectNodes(transaction, selector, bounds);
  return found.map((node) => toScoped({ ...node, site: node.site.name }));
}

function toScoped({ id, name, site, labels }: ScopedNode): ScopedNode {
  return { id, name, site, labels };
}

async function readWaitMs(transaction: TenantTransaction, runId: string): Promise<number> {
  const found = await transaction.query<{ wait_ms: number }>('select wait_ms from runs where id = $1', [runId]);
  return found.rows[0]?.wait_ms ?? 0;
}
