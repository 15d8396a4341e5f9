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
