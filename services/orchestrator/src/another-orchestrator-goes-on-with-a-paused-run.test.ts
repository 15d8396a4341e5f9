import { type AddressInfo, createServer } from 'node:net';
import { createSink } from '@sena/audit/audit-sinks';
import { inOrganization } from '@sena/db/tenant';
import { eventually } from '@sena/testing/eventually';
import { expect, it } from 'vitest';
import { openRunBench } from './fixtures/open-run-bench.ts';

it('a run that waits is in nobody’s memory: the orchestrator that began it may be gone', async () => {
  const bench = await openRunBench();
  try {
    const waitsForPerson = await bench.ask({ kind: 'command', command: 'mkdir /tmp/x', selector: 'name=web-01' });
    const approvalId = await bench.awaitsApproval(waitsForPerson);
    const waitsForNodes = await bench.ask({ kind: 'command', command: 'uptime', selector: 'name=db-01' });
    const [execution] = await bench.dispatched(waitsForNodes, 1);
    await bench.stopOrchestrator();

    const another = await bench.startAnother();
    try {
      await bench.decide(approvalId, 'approve');
      await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: 'up' }]);
      expect(await bench.finished(waitsForNodes)).toMatchObject({ status: 'succeeded' });
      const [change] = await bench.dispatched(waitsForPerson, 1);
      await bench.speak([{ executionId: change?.id ?? '', exitCode: 0, stdout: '' }]);
      expect(await bench.finished(waitsForPerson)).toMatchObject({ status: 'succeeded' });
    } finally {
      await another.stop();
    }
  } finally {
    await bench.close();
  }
});

it('one that stops waits for no webhook: it gives back what it has before it would be killed', async () => {
  let connections = 0;
  const hanging = createServer(() => void connections++).listen(0, '127.0.0.1');
  const bench = await openRunBench({ AUDIT_SINK_PRIVATE_HOSTS: '127.0.0.1' });
  try {
    await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      createSink(
        transaction,
        {
          ...{ kind: 'webhook', from: 'beginning' },
          address: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/`,
        },
        { actor: 'service:test', privateHosts: new Set(['127.0.0.1']) },
      ),
    );
    await eventually('a delivery is under way', () => connections > 0);
    const stoppedAtMs = performance.now();
    const stopped = bench.stopOrchestrator();
    const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: 'name=db-01' });
    await stopped;
    expect(performance.now() - stoppedAtMs).toBeLessThan(5_000);
    expect(await bench.executionsOf(runId)).toEqual([]);
  } finally {
    await bench.close();
    hanging.close();
  }
});
