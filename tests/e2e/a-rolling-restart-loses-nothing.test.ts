// A deploy under load: while people ask for changes, approve them and they run, every service of the cloud is told to end and starts
// again, one after the other. Each ends by itself, each run ends well, and the node itself says that each change ran once.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@sena/contracts/http/runs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeOf, type Ledger, openLedger } from './open-ledger.ts';

const changesMin = 12;
/** The list of runs shows so many at once. */
const changesMax = 100;
let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger({ afterwards: '; sleep 0.3; echo done' });
}, 90_000);

afterAll(() => ledger?.close(), 60_000);

it('gateway, relay, orchestrator, signer and model router restart one after the other, and every change runs once', async () => {
  const { processes } = ledger.cloud.stack;
  const stopApproving = ledger.approveAll();
  const ids: string[] = [];
  let isDeploying = true;
  try {
    const asking = (async () => {
      for (let n = 0; n < changesMax && (n < changesMin || isDeploying); n += 1) {
        ids.push(await ledger.ask(n));
        await sleep(250);
      }
    })();
    await ledger.untilEnded(1);
    for (const name of ['gateway', 'relay', 'orchestrator', 'signer', 'model-router'] as const) {
      // By itself and in time: what is ended by force has drained nothing, and that nothing is lost then is another test's.
      expect({ name, end: await processes[name].restart() }).toEqual({ name, end: { code: 0, signal: null } });
      expect(processes[name].startCount()).toBe(2);
    }
    isDeploying = false;
    await asking;
    await ledger.untilEnded(ids.length, 60_000);
  } finally {
    isDeploying = false;
    await stopApproving();
  }
  const runs = await Promise.all(ids.map((id) => ledger.api.get<Run>(`/v1/runs/${id}`)));
  for (const run of runs) expect(run).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedZero: 1 } });
  expect(new Set(ids).size).toBe(ids.length);
  expect(await ledger.changes()).toEqual(ids.map((_, n) => changeOf(n)).sort());
}, 180_000);
