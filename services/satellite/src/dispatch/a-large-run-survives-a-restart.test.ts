// A satellite that was killed in the middle of a large run starts again in the memory that it usually has.
import { newId } from '@sena/contracts/ids';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spawnSatellite } from '../fixtures/satellite-process.ts';
import { makeDispatch, startTestSite, type TestSite } from '../fixtures/test-site.ts';
import { openJournal } from '../journal/open-journal.ts';

const nodesCount = 5_000;

let site: TestSite;
beforeAll(async () => {
  site = await startTestSite(['web-01']);
});
afterAll(() => site?.stop());

it('though five thousand of one dispatch wait in its journal, and each of them is answered for', async () => {
  const { config, relay } = await site.enrol();
  const { node } = site.node('web-01');
  const nodes = Array.from({ length: nodesCount }, (_, index) => ({
    ...{ ...node, nodeId: newId('node'), name: `web-${index}` },
  }));
  const receivedAtMs = Date.now() - 60_000;
  const { envelope, frame, executionIds } = await makeDispatch(site, 'hostname', nodes, {
    notBefore: new Date(receivedAtMs - 1_000).toISOString(),
    expiresAt: new Date(receivedAtMs + 30_000).toISOString(),
  });
  const journal = await openJournal(`${config.stateDirectory}/journal.db`, { isEnrolling: false });
  await journal.perform({
    ...{ op: 'accept', dispatchId: envelope.dispatchId, nonce: envelope.nonce, contentHash: 'hash' },
    ...{ envelope: frame.envelope, assignmentEpoch: 1, expiresAtMs: Date.parse(envelope.expiresAt), receivedAtMs },
    executions: executionIds.map((executionId) => ({ executionId, mode: 'direct' as const })),
  });
  await journal.close();

  const satellite = await spawnSatellite(config, relay, { nodeOptions: ['--max-old-space-size=192'] });
  try {
    const told = () => relay.frames.flatMap((sent) => (sent.t === 'result' ? [sent.result] : []));
    await relay.until('an end of each', () => told().length >= nodesCount);
    expect(new Set(told().map(({ executionId }) => executionId)).size).toBe(nodesCount);
    const said = new Set(told().map(({ outcome }) => `${outcome.kind} ${outcome.reason}`));
    expect([...said]).toEqual(['not_started expired']);
  } finally {
    await satellite.kill('SIGKILL');
  }
}, 120_000);
