// Two orchestrators, processes of their own. One is told to stop (SIGTERM: a deploy) while a model thinks for it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '@sena/testing/eventually';
import { startScriptedVendor } from '@sena/testing/scripted-vendor';
import { expect, it, type TestContext } from 'vitest';
import { openRunBench } from './fixtures/open-run-bench.ts';
import { spawnOrchestrator } from './fixtures/orchestrator-process.ts';

const patient = { timeoutMs: 60_000, everyMs: 50 };

/** The first question it never answers; each later one when it is let go. */
async function startSlowModel({ onTestFinished }: TestContext) {
  const vendor = await startScriptedVendor((request) =>
    request.messages.some((message) => message.role === 'tool')
      ? { kind: 'say', text: 'All is well.' }
      : { kind: 'call', tools: [{ name: 'run_command', arguments: { title: 'Look', command: 'uname -r' } }] },
  );
  onTestFinished(() => vendor.stop());
  const seen = { asked: 0, isFirstGivenUp: false };
  const gate = Promise.withResolvers<void>();
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    seen.asked += 1;
    if (seen.asked === 1) {
      response.once('close', () => {
        seen.isFirstGivenUp = true;
      });
      return;
    }
    await gate.promise;
    const headers = { 'content-type': 'application/json' };
    const answered = await fetch(`${vendor.url}/chat/completions`, { method: 'POST', headers, body });
    response.writeHead(answered.status, headers).end(await answered.text());
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, letGo: gate.resolve, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('the other one asks the model anew at once, rung by it, and nothing counts as a failure', async (context) => {
  const { onTestFinished } = context;
  const model = await startSlowModel(context);
  const bench = await openRunBench();
  onTestFinished(() => bench.close());
  await bench.stopOrchestrator();
  const admin = await bench.openAdmin();
  const environment = { ...bench.environment, MODEL_CONFIGURED: '1', MODEL_ROUTER_URL: model.url };
  const former = await spawnOrchestrator(environment);
  onTestFinished(() => former.kill());
  const runId = await bench.ask({ kind: 'ask', prompt: 'How are you?' });
  await eventually('the model is asked', () => model.seen.asked === 1, patient);
  const present = await spawnOrchestrator(environment);
  onTestFinished(() => present.kill());
  // Nobody sweeps: what goes on does so because it was rung for.
  await admin.query(`select pg_advisory_lock(hashtext('sena.sweeper'))`);
  const leaseOf = async () =>
    (await admin.query('select failures, lease_owner as owner, lease_epoch as epoch from runs where id = $1', [runId]))
      .rows[0];
  const before = await leaseOf();

  expect(await former.stop()).toBe(0);
  expect(model.seen.isFirstGivenUp).toBe(true);
  await eventually('the model is asked by the other one', () => model.seen.asked === 2, patient);
  const after = await leaseOf();
  expect(after).toMatchObject({ failures: 0, owner: expect.any(String) });
  expect(after.owner).not.toBe(before.owner);
  expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));

  model.letGo();
  const executions = await bench.dispatched(runId, 3);
  await bench.speak(executions.map(({ id }) => ({ executionId: id, exitCode: 0, stdout: 'x' })));
  expect(await bench.finished(runId)).toMatchObject({
    status: 'succeeded',
    answer: expect.stringContaining('All is well.'),
  });
  expect(`${former.log()}${present.log()}`).not.toContain('could not be advanced');
  expect(former.log()).toContain('the run is given back');
}, 240_000);
