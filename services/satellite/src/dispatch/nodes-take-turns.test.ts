import { createLogger } from '@sena/telemetry/logger';
import { describe, expect, it } from 'vitest';
import type { Execution, Work } from './execution.ts';
import { createExecutionQueue, type Slot } from './execution-queue.ts';

const logger = createLogger('test', 'silent');
const limits = { startingMax: 3, runningMax: 6, runningPerNodeMax: 2 };

function execution(id: string, address: string): Execution {
  const node = {
    executionId: id,
    nodeId: address,
    name: address,
    address,
    port: 22,
    hostKey: null,
    runAs: 'root',
    credential: 'default',
  };
  return {
    kind: 'dispatched',
    id,
    node,
    envelope: {} as Execution['envelope'],
    mode: 'direct',
    logger,
    attempts: 0,
    wasSent: false,
    awaited: null,
    isCancelled: false,
    begun: null,
    stop: new AbortController(),
  };
}

function harness(mayStart = () => true) {
  const begun: string[] = [];
  const slots = new Map<string, { slot: Slot; end: () => void }>();
  const queue = createExecutionQueue({
    limits,
    mayStart,
    isUnderWay: (work) => work.id.startsWith('under way'),
    run: ({ id }, slot) =>
      new Promise((resolve) => {
        begun.push(id);
        slots.set(id, { slot, end: resolve });
      }),
  });
  const end = async (id: string) => {
    slots.get(id)?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, begun, end, started: (id: string) => slots.get(id)?.slot.started() };
}

describe('the queue', () => {
  it('never begins more on one node than it may, and others do not wait for it', () => {
    const { queue, begun, started } = harness();
    for (let index = 0; index < 5; index += 1) queue.add(execution(`a${index}`, 'a'));
    queue.add(execution('b0', 'b'));
    expect(begun).toEqual(['a0', 'a1', 'b0']);
    for (const id of begun) started(id);
    expect(queue.counts()).toEqual({ waiting: 3, starting: 0, running: 3 });
  });

  it('lets nodes take turns', async () => {
    const { queue, begun, started, end } = harness();
    for (const id of ['a0', 'a1', 'a2', 'a3']) queue.add(execution(id, 'a'));
    for (const id of ['b0', 'b1', 'b2', 'b3']) queue.add(execution(id, 'b'));
    for (let done = 0; done < begun.length; done += 1) {
      started(begun[done] ?? '');
      await end(begun[done] ?? '');
    }
    expect(begun).toHaveLength(8);
    expect(begun.slice(2, 6).map((id) => id[0])).toEqual(expect.arrayContaining(['a', 'b']));
  });

  it('bounds what begins and what runs, everywhere together', () => {
    const { queue, begun, started } = harness();
    for (let index = 0; index < 10; index += 1) queue.add(execution(`n${index}`, `node-${index}`));
    expect(begun).toHaveLength(3);
    for (const id of [...begun]) started(id);
    expect(begun).toHaveLength(6);
    for (const id of [...begun]) started(id);
    expect(begun).toHaveLength(6);
    expect(queue.counts()).toEqual({ waiting: 4, starting: 0, running: 6 });
  });

  it('gives places back, also of those that never ran', async () => {
    const { queue, begun, end } = harness();
    for (let index = 0; index < 9; index += 1) queue.add(execution(`n${index}`, `node-${index}`));
    for (const id of ['n0', 'n1', 'n2']) await end(id);
    expect(begun).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5']);
  });

  it('lets what is under way go on while nothing may begin, within the limits', async () => {
    let may = false;
    const { queue, begun, end } = harness(() => may);
    queue.add(execution('a0', 'a'));
    for (const id of ['under way 0', 'under way 1', 'under way 2']) queue.add(execution(id, 'b'));
    expect(begun).toEqual(['under way 0', 'under way 1']);
    expect(queue.take((work): work is Work => work.id === 'under way 2')).toHaveLength(1);
    queue.add(execution('b3', 'b'));
    await end('under way 0');
    expect(begun).toHaveLength(2);
    may = true;
    queue.pump();
    expect(begun.slice(2).sort()).toEqual(['a0', 'b3']);
  });

  it('begins nothing that was taken out, nothing while it may not, nothing while it drains', async () => {
    let may = false;
    const { queue, begun, end } = harness(() => may);
    for (const id of ['a0', 'a1', 'a2']) queue.add(execution(id, 'a'));
    expect(begun).toEqual([]);
    expect(queue.take((work): work is Work => work.id === 'a0').map(({ id }) => id)).toEqual(['a0']);
    may = true;
    queue.pump();
    expect(begun).toEqual(['a1', 'a2']);
    queue.add(execution('a3', 'a'));
    const drained = queue.drain();
    await end('a1');
    await end('a2');
    await drained;
    expect(begun).toEqual(['a1', 'a2']);
  });
});
