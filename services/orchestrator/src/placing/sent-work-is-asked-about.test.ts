import type { JobQueue } from '@sena/queue/open-queue';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSweeperBench, type SweeperBench } from '../fixtures/open-sweeper-bench.ts';
import { sweep } from '../sweeper/sweep.ts';
import { askOthers } from './ask-others.ts';

let bench: SweeperBench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;

beforeAll(async () => {
  bench = await openSweeperBench();
});
afterAll(() => bench?.close());
beforeEach(async () => {
  bench.log.length = 0;
  await send();
});

/** As the shop says. */
const goneMs = 30_000;
async function send(): Promise<void> {
  fleet = await bench.seedFleet({ nodes: 2, satellites: 2 });
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId, { readOnly: false });
  await bench.signAndHold(fleet);
  await bench.markSent(dispatchId);
}
const gone = (forMs: number) =>
  bench.admin.query(
    `update satellites set relay_id = null, connected_at = null, last_seen_at = now() - $2 * interval '1 millisecond' where id = $1`,
    [fleet.satellites[0]?.id, forMs],
  );
const inquiries = async () =>
  (await bench.admin.query('select satellite_id from inquiries where dispatch_id = $1', [dispatchId])).rows;

describe('what was sent to a satellite that is gone', () => {
  test('is asked about by the sweeper, once, and rings for the signer', async () => {
    const rung: string[] = [];
    const add: JobQueue['add'] = async (name, data) => void rung.push(`${name} ${'runId' in data ? data.runId : ''}`);
    await gone(goneMs + 1_000);
    const shop = { ...bench.shop, queue: { ...bench.shop.queue, add } };
    for (let time = 0; time < 2; time += 1) expect(await sweep(shop)).toBe(true);
    expect(await inquiries()).toEqual([{ satellite_id: fleet.satellites[1]?.id }]);
    expect(rung).toContain(`signDispatches ${runId}`);
    expect(bench.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test('is waited for first, as long as was said', async () => {
    await gone(goneMs - 5_000);
    await askOthers(bench.shop, goneMs);
    expect(await inquiries()).toEqual([]);
    await askOthers(bench.shop, goneMs - 10_000);
    expect(await inquiries()).toHaveLength(1);
  });

  test('does not hold up the rest when nobody can be asked about it', async () => {
    await gone(goneMs + 1_000);
    const broken = dispatchId;
    await bench.admin.query(
      `create function sena.refuse_asking() returns trigger language plpgsql as $$
       begin if new.dispatch_id = '${broken}' then raise exception 'refused by the test'; end if; return new; end $$`,
    );
    await bench.admin.query(
      'create trigger refuse_asking before insert on sena.inquiries for each row execute function sena.refuse_asking()',
    );
    await send();
    await gone(goneMs + 1_000);
    await askOthers(bench.shop, goneMs);
    await bench.admin.query('drop trigger refuse_asking on sena.inquiries');
    expect(await inquiries()).toHaveLength(1);
    expect(bench.log.join()).toContain('nobody could be asked about a dispatch');
  });
});
