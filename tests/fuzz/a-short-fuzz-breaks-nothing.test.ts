// The short part of the fuzzer, with a seed of its own. `pnpm fuzz` draws by tens of thousands.
import { beforeAll, describe, expect, it } from 'vitest';
import { type FuzzResult, runFuzz } from './run-fuzz.ts';

let result: FuzzResult;

beforeAll(async () => {
  result = await runFuzz({
    seed: 20_261_127,
    requests: 900,
    relayMessages: 500,
    satelliteMessages: 300,
    decoderMessages: 2_000,
    envelopes: 1_500,
    tokens: 160,
    partMsMax: 120_000,
    say: () => undefined,
  });
}, 240_000);

describe('a short fuzz', () => {
  it('finds no crash, no answer of 5xx, no stall, nothing accepted that was changed', () => {
    expect(result.problems).toEqual([]);
  });

  it('was one: all of it was sent, some of it taken, and every process measured', () => {
    expect(result.gateway?.requests).toBeGreaterThanOrEqual(900);
    expect(Object.values(result.gateway?.byBreak ?? {}).every(({ sent }) => sent > 0)).toBe(true);
    expect(result.gateway?.byBreak.none.accepted).toBeGreaterThan(30);
    expect(result.relay?.messages).toBeGreaterThanOrEqual(500);
    expect(result.relay?.controls).toBeGreaterThanOrEqual(2);
    expect(result.satellite?.controls).toBe(2);
    expect(Object.keys(result.envelopes?.byKind ?? {}).length).toBe(12);
    expect(result.tokens?.mutations).toBeGreaterThan(100);
    expect(result.measured.map(({ name }) => name)).toEqual([
      'gateway, requests',
      'gateway, tokens',
      'relay',
      'satellite',
    ]);
    // Four windows a second: a part that is done in less than one has few.
    for (const { verdict } of result.measured) expect(verdict.windows).toBeGreaterThan(0);
  });
});
