// What a run of the fuzzer has shown, as it stands in benchmarks/fuzz.md. Entered by main.ts.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type FuzzResult, type MeasuredPart, stallMsMax } from '../run-fuzz.ts';

export function renderReport(result: FuzzResult, command: string): string {
  const { gateway, tokens, relay, satellite, decoders, envelopes, measured } = result;
  const crashes = result.problems.filter((problem) => /ended \(/.test(problem)).length;
  const parts = [
    ['requests to the gateway, out of its OpenAPI document', gateway?.requests, gateway?.problems.length],
    ['tokens to the gateway', tokens?.mutations, tokens?.problems.length],
    ['tunnel messages to the relay', relay?.messages, relay?.problems.length],
    ['tunnel messages to a satellite', satellite?.messages, satellite?.problems.length],
    ['tunnel messages to the decoders alone', decoders?.messages, decoders?.problems.length],
    ['envelopes', envelopes?.mutations, envelopes?.problems.length],
  ] as const;
  const statuses = Object.entries(gateway?.byEnd ?? {});
  const failures = statuses.filter(([status]) => status.startsWith('5')).reduce((sum, [, count]) => sum + count, 0);
  return `## \`${command}\`

${new Date().toISOString().slice(0, 10)}, seed ${result.seed}, ${os.cpus().length} cores shared with other work, Node ${process.version}, ${(result.durationMs / 60_000).toFixed(1)} minutes.

**${result.problems.length} problems: ${crashes} crashes, ${failures} answers of 5xx, ${measured.filter(({ verdict }) => verdict.ownMs > stallMsMax).length} stalls of more than ${stallMsMax} ms.**

| what was sent | mutations | problems |
| --- | --- | --- |
${parts
  .filter(([, count]) => count !== undefined)
  .map(([name, count, problems]) => `| ${name} | ${count} | ${problems} |`)
  .join('\n')}
${describeLoops(measured)}${describeGateway(result)}${describeTunnels(result)}${describeOthers(result)}`;
}

function describeLoops(measured: readonly MeasuredPart[]): string {
  if (measured.length === 0) return '';
  return `
| process | longest gap, ms | of that computing | idle process meanwhile | difference at most | its own at most | memory at first, peak, last, MB |
| --- | --- | --- | --- | --- | --- | --- |
${measured.map(describeLoop).join('\n')}
`;
}

function describeLoop({ name, verdict }: MeasuredPart): string {
  const { longest, differenceMs, ownMs, firstRssBytes, peakRssBytes, lastRssBytes } = verdict;
  const gaps = [longest.stallMs, longest.cpuMs, longest.controlMs, differenceMs, ownMs].map((ms) => ms.toFixed(0));
  const sizes = [firstRssBytes, peakRssBytes, lastRssBytes].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  return `| ${name} | ${gaps.join(' | ')} | ${sizes.join(', ')} |`;
}

function describeGateway({ gateway }: FuzzResult): string {
  if (gateway === null) return '';
  const rows = Object.entries(gateway.byBreak).map(
    ([name, { sent, accepted, refused, closed }]) => `| ${name} | ${sent} | ${accepted} | ${refused} | ${closed} |`,
  );
  return `
### Requests

${gateway.operations} operations. Answers: ${listCounts(gateway.byEnd)}.

| what is wrong | sent | below 400 | 400 to 499 | closed |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function describeTunnels({ relay, satellite }: FuzzResult): string {
  const ends = [
    ['relay', relay],
    ['satellite', satellite],
  ] as const;
  return ends
    .flatMap(([name, fuzz]) =>
      fuzz === null
        ? []
        : [
            `
### Messages to the ${name}

${fuzz.messages} messages with ${fuzz.frames} frames in ${fuzz.connections} connections; ${fuzz.controls} controls between. By what is wrong: ${listCounts(fuzz.byBreak)}.
Connections ended with: ${listCounts(fuzz.byEnd)}.
`,
          ],
    )
    .join('');
}

function describeOthers({ envelopes, tokens, decoders }: FuzzResult): string {
  const lines: string[] = [];
  if (envelopes !== null)
    lines.push(`### Envelopes

By what is changed: ${listCounts(envelopes.byKind)}. Refused as: ${listCounts(envelopes.byRefusal)}.`);
  if (tokens !== null)
    lines.push(`### Tokens

${Object.entries(tokens.byKind)
  .map(([name, { tried, statuses }]) => `${name}: ${tried} (${listCounts(statuses)})`)
  .join('; ')}.`);
  if (decoders !== null)
    lines.push(`### Decoders

${decoders.accepted} taken, ${decoders.refused} refused, the longest in ${decoders.longestMs.toFixed(0)} ms.`);
  return lines.length === 0 ? '' : `\n${lines.join('\n\n')}\n`;
}

function listCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

const title = `# Fuzz

What \`pnpm fuzz\` has sent to real processes, and how they took it. The short part runs with every \`npm test\`.

A problem is an answer of 5xx, a readable request without an answer, a process that ends, a peer that does not answer a ping within 20 s, a
tunnel that the relay closes with 1011, a report of a well-behaved satellite (of the same organization, of another) that is not
acknowledged, a message that a decoder answers with anything but its own error, a changed envelope or token that is accepted, and a control
that is refused.

Each process measures its own event loop; an idle process beside it tells what the machine does. A gap counts as the program's own as far as it
is longer than the idle process's at the same time, and as its main thread was computing in it: a thread that waits for a processor is the
machine's doing.
`;

/** `adds`: to what stands there already, where a long run goes in parts. */
export async function writeReport(section: string, { adds }: { adds: boolean }): Promise<void> {
  const file = path.resolve('benchmarks', 'fuzz.md');
  const before = adds && existsSync(file) ? await readFile(file, 'utf8') : title;
  await writeFile(file, `${before}\n${section}`);
}
