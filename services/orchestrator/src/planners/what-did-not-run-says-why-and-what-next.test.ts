// The answer to a command says of nodes where it did not run what their satellite said, in words, and what to do next.
import type { Observation } from '@sena/runs/execution/list-observations';
import { expect, test } from 'vitest';
import { commandPlanner } from './command-planner.ts';
import type { PlanContext } from './planner.ts';

const observation = (name: string, change: Partial<Observation> = {}): Observation => ({
  ...{ executionId: `e-${name}`, step: 'command', node: { id: `node_${name}`, name } },
  ...{ outcome: 'exited', exitCode: 0, reason: null, detail: null, stdout: '', stderr: '', truncated: false },
  ...change,
});
const unreachable = (name: string, detail: string | null) =>
  observation(name, { outcome: 'not_started', exitCode: null, reason: 'node_unreachable', detail });

async function answer(...observations: Observation[]): Promise<string> {
  const request = { kind: 'command', command: 'uptime', prompt: null, runbook: null };
  const turn = await commandPlanner.plan({ turn: 1, request, observations, nodes: [] } as unknown as PlanContext);
  if (turn.kind !== 'answer') throw new Error(turn.kind);
  return turn.answer;
}

test('one node', async () => {
  expect(await answer(unreachable('web-13', 'No connection to 10.0.0.3:22: ECONNREFUSED.'))).toBe(
    'On web-13: not started: the node could not be reached. No connection to 10.0.0.3:22: ECONNREFUSED. ' +
      'The satellite could not reach the node. Check that it is up and that SSH answers.',
  );
});

test('one of several, beside those that ran', async () => {
  const said = await answer(observation('web-01'), unreachable('web-13', 'No route.'), unreachable('web-14', null));
  expect(said).toContain('- 1 node: exit code 0 (web-01).\n'.trim());
  expect(said).toContain(
    '- 2 nodes: not started: the node could not be reached (web-13 and web-14). Of web-13 its satellite said: No route. The satellite could not',
  );
  expect(said).not.toMatch(/node_unreachable/);
});

test('what ran says nothing more', async () => {
  expect(await answer(observation('web-01'))).toBe('On web-01: exit code 0.');
});
