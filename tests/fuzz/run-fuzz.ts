// Everything that is fuzzed, one part after the other, with what was measured meanwhile. Entered by main.ts and by the test.
import { type EnvelopeFuzz, fuzzEnvelopes } from './envelopes/fuzz-envelopes.ts';
import { fuzzGateway, type GatewayFuzz } from './http/fuzz-gateway.ts';
import { compareStalls, type StallVerdict } from './measure/compare-stalls.ts';
import { fuzzTokens, type TokenFuzz } from './tokens/fuzz-tokens.ts';
import { type DecoderFuzz, fuzzDecoders } from './tunnel/fuzz-decoders.ts';
import { fuzzRelay, type TunnelFuzz } from './tunnel/fuzz-relay.ts';
import { fuzzSatellite } from './tunnel/fuzz-satellite.ts';
import { type FuzzCloud, startFuzzCloud } from './world/start-fuzz-cloud.ts';
import type { MeasuredProcess } from './world/start-measured-process.ts';

export interface FuzzPlan {
  readonly seed: number;
  readonly requests: number;
  /** WebSocket messages of one or more frames. */
  readonly relayMessages: number;
  readonly satelliteMessages: number;
  readonly decoderMessages: number;
  readonly envelopes: number;
  readonly tokens: number;
  /** Each part ends early after so long. */
  readonly partMsMax: number;
  say(line: string): void;
}

export interface MeasuredPart {
  readonly name: string;
  readonly verdict: StallVerdict;
}

export interface FuzzResult {
  readonly seed: number;
  readonly gateway: GatewayFuzz | null;
  readonly tokens: TokenFuzz | null;
  readonly relay: TunnelFuzz | null;
  readonly satellite: TunnelFuzz | null;
  readonly decoders: DecoderFuzz | null;
  readonly envelopes: EnvelopeFuzz | null;
  readonly measured: readonly MeasuredPart[];
  readonly problems: readonly string[];
  readonly durationMs: number;
}

/** For which the program can answer: longer than that, an operator waits. */
export const stallMsMax = 200;
/** Of any of the processes, whatever it is sent. */
export const rssBytesMax = 768 * 1024 * 1024;

export async function runFuzz(plan: FuzzPlan): Promise<FuzzResult> {
  const { seed, say } = plan;
  const startedAtMs = performance.now();
  const measured: MeasuredPart[] = [];
  const stopAt = () => performance.now() + plan.partMsMax;
  const [decoders, envelopes] = [
    plan.decoderMessages > 0 ? fuzzDecoders({ seed, messages: plan.decoderMessages }) : null,
    plan.envelopes > 0 ? await fuzzEnvelopes({ seed, mutations: plan.envelopes }) : null,
  ];
  if (decoders !== null) say(`decoders: ${decoders.messages} messages, ${decoders.problems.length} problems`);
  if (envelopes !== null) say(`envelopes: ${envelopes.mutations} mutations, ${envelopes.problems.length} problems`);

  let [gateway, tokens, relay, satellite]: [
    GatewayFuzz | null,
    TokenFuzz | null,
    TunnelFuzz | null,
    TunnelFuzz | null,
  ] = [null, null, null, null];
  if (plan.requests + plan.tokens + plan.relayMessages + plan.satelliteMessages > 0) {
    const cloud = await startFuzzCloud();
    try {
      const measure = async <T>(subject: MeasuredProcess, name: string, work: () => Promise<T>): Promise<T> => {
        const from = Date.now();
        const result = await work();
        const since = ({ atMs }: { atMs: number }) => atMs >= from;
        const verdict = compareStalls(subject.samples.filter(since), cloud.control.samples.filter(since));
        measured.push({ name, verdict });
        return result;
      };
      if (plan.requests > 0) {
        gateway = await measure(cloud.gateway, 'gateway, requests', () =>
          fuzzGateway(cloud, { seed, requests: plan.requests, stopAtMs: stopAt(), say }),
        );
        say(`gateway: ${gateway.requests} requests, ${gateway.problems.length} problems`);
      }
      if (plan.tokens > 0) {
        tokens = await measure(cloud.gateway, 'gateway, tokens', () =>
          fuzzTokens(cloud, { seed, mutations: plan.tokens, stopAtMs: stopAt() }),
        );
        say(`tokens: ${tokens.mutations} mutations, ${tokens.problems.length} problems`);
      }
      if (plan.relayMessages > 0) {
        relay = await measure(cloud.relay, 'relay', () =>
          fuzzRelay(cloud, { seed, messages: plan.relayMessages, stopAtMs: stopAt(), say }),
        );
        say(`relay: ${relay.messages} messages, ${relay.problems.length} problems`);
      }
      if (plan.satelliteMessages > 0) satellite = await fuzzOneSatellite(cloud, plan, measured);
    } finally {
      await cloud.stop();
    }
  }
  const parts = { gateway, tokens, relay, satellite, decoders, envelopes };
  const problems = [
    ...Object.values(parts).flatMap((part) => part?.problems ?? []),
    ...measured.flatMap(({ name, verdict }) => complaintsOf(name, verdict)),
  ];
  return { seed, ...parts, measured, problems, durationMs: performance.now() - startedAtMs };
}

async function fuzzOneSatellite(cloud: FuzzCloud, plan: FuzzPlan, measured: MeasuredPart[]): Promise<TunnelFuzz> {
  const { seed, say } = plan;
  const fuzzed = await fuzzSatellite({
    seed,
    messages: plan.satelliteMessages,
    stopAtMs: performance.now() + plan.partMsMax,
    say,
  });
  const samples = fuzzed.satellite.samples.filter(({ atMs }) => atMs >= fuzzed.measuredFromMs);
  measured.push({ name: 'satellite', verdict: compareStalls(samples, cloud.control.samples) });
  await fuzzed.stop();
  say(`satellite: ${fuzzed.messages} messages, ${fuzzed.problems.length} problems`);
  return fuzzed;
}

function complaintsOf(name: string, { ownMs, longest, peakRssBytes, windows }: StallVerdict): string[] {
  const complaints: string[] = [];
  if (windows === 0) complaints.push(`${name}: nothing was measured`);
  if (ownMs > stallMsMax)
    complaints.push(
      `${name}: the event loop stood still for ${ownMs.toFixed(0)} ms of its own (longest gap ${longest.stallMs.toFixed(0)} ms, the idle process meanwhile ${longest.controlMs.toFixed(0)} ms)`,
    );
  if (peakRssBytes > rssBytesMax) complaints.push(`${name}: ${(peakRssBytes / 2 ** 20).toFixed(0)} MB of memory`);
  return complaints;
}
