import type { Action, DispatchEnvelope } from '@sena/contracts/envelope';
import { describe, expect, it } from 'vitest';
import { actionDigest, hashAction, isCoveredByDigest } from './action-digest.ts';

const node = (id: string, satelliteId: string) => ({
  nodeId: `node_${id}`,
  satelliteId,
  name: id,
  address: '10.0.0.1',
  port: 22,
  hostKey: null,
  runAs: 'root',
  credential: 'default',
});
const limits = { timeoutMs: 10_000, outputBytesMax: 65_536 };
const action: Action = {
  v: 1,
  organizationId: 'org_1',
  runId: 'run_1',
  approvalNonce: 'nonce-nonce-nonce',
  notBefore: '2026-03-01T12:00:00Z',
  expiresAt: '2026-03-01T13:00:00Z',
  commands: [
    {
      step: 's1',
      shell: 'sh',
      command: 'service nginx restart',
      environment: { LANG: 'C', TZ: 'UTC' },
      limits,
      nodes: [node('a', 'sat_1'), node('b', 'sat_1'), node('c', 'sat_2')],
    },
    { step: 's2', shell: 'sh', command: 'service nginx reload', environment: {}, limits, nodes: [node('a', 'sat_1')] },
  ],
};
const digest = actionDigest(action);

/** Every leaf value of the action, each changed once. */
function* mutations(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    yield value.slice(1);
    for (const [index, item] of value.entries()) for (const m of mutations(item)) yield value.with(index, m);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) for (const m of mutations(item)) yield { ...value, [name]: m };
  } else if (typeof value === 'string') {
    yield `${value} `;
  } else if (typeof value === 'number') {
    yield value + 1;
  } else {
    yield 'SHA256:x';
  }
}

describe('the action digest', () => {
  it('is the same for the same action, whatever the order of keys, nodes and commands', () => {
    const shuffled = {
      ...Object.fromEntries(Object.entries(action).reverse()),
      commands: action.commands.toReversed().map((command) => ({
        ...command,
        nodes: command.nodes.toReversed(),
        environment: Object.fromEntries(Object.entries(command.environment).reverse()),
      })),
    } as Action;
    expect(actionDigest(shuffled)).toBe(digest);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('is another when any value of the action is another', () => {
    const digests = [...mutations(action)].map((changed) => actionDigest(changed as Action));
    expect(digests.length).toBeGreaterThan(50);
    expect(digests).not.toContain(digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is another when two nodes swap their commands', () => {
    const [first, second] = action.commands as [Action['commands'][number], Action['commands'][number]];
    const swapped = {
      ...action,
      commands: [
        { ...first, nodes: second.nodes },
        { ...second, nodes: first.nodes },
      ],
    };
    expect(actionDigest(swapped)).not.toBe(digest);
  });

  it('has a leaf a satellite that the work of other satellites does not touch', () => {
    const [first, second] = action.commands as [Action['commands'][number], Action['commands'][number]];
    const other = { ...action, commands: [{ ...first, nodes: [...first.nodes, node('d', 'sat_3')] }, second] };
    // What the second is told of the first.
    const [leaf] = hashAction(action).proofOf('sat_2').satelliteLeaves;
    expect(hashAction(other).proofOf('sat_2').satelliteLeaves).toContain(leaf);
    expect(hashAction(other).proofOf('sat_1').commandLeaves).toEqual(hashAction(action).proofOf('sat_1').commandLeaves);
    expect(actionDigest(other)).not.toBe(digest);
  });
});

describe('the proof in an envelope', () => {
  const envelope: DispatchEnvelope = {
    v: 1,
    dispatchId: 'disp_1',
    organizationId: 'org_1',
    runId: 'run_1',
    step: 's1',
    satelliteId: 'sat_1',
    assignmentEpoch: 1,
    shell: 'sh',
    command: 'service nginx restart',
    environment: { LANG: 'C', TZ: 'UTC' },
    limits,
    readOnly: false,
    notBefore: '2026-03-01T12:00:00Z',
    expiresAt: '2026-03-01T12:10:00Z',
    nonce: 'n'.repeat(22),
    approvals: [],
    nodes: [node('b', 'sat_1'), node('a', 'sat_1')].map(({ satelliteId: _, ...rest }, index) => ({
      executionId: `e-${index}`,
      ...rest,
    })),
    traceparent: null,
  };
  const proof = hashAction(action).proofOf('sat_1');

  it('lets the satellite recompute the digest from its own part', () => {
    expect(isCoveredByDigest(envelope, proof, digest)).toBe(true);
    expect(
      isCoveredByDigest(
        { ...envelope, step: 's2', command: 'service nginx reload', environment: {}, nodes: envelope.nodes.slice(1) },
        proof,
        digest,
      ),
    ).toBe(true);
  });

  it.each([
    ['another command', { command: 'service nginx stop' }],
    ['another step', { step: 's2' }],
    ['another environment', { environment: {} }],
    ['a node less', { nodes: envelope.nodes.slice(1) }],
    ['another login', { nodes: envelope.nodes.map((item) => ({ ...item, runAs: 'admin' })) }],
    ['another satellite', { satelliteId: 'sat_2' }],
    ['another run', { runId: 'run_2' }],
    ['another shell', { shell: 'bash' as const }],
  ])('does not cover %s', (_name, changes) => {
    expect(isCoveredByDigest({ ...envelope, ...changes }, proof, digest)).toBe(false);
  });

  it('does not cover another digest, or leaves that were added', () => {
    expect(isCoveredByDigest(envelope, proof, `sha256:${'0'.repeat(64)}`)).toBe(false);
    const padded = {
      ...proof,
      satelliteLeaves: [...proof.satelliteLeaves, ...hashAction(action).proofOf('sat_2').satelliteLeaves],
    };
    expect(isCoveredByDigest(envelope, padded, digest)).toBe(false);
  });
});
