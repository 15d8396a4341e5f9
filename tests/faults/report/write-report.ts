// What a run of the harness has shown, as the table in benchmarks/faults.md. Entered by main.ts.
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Cell, cellsFor, type Mode } from '../cells.ts';
import type { FaultsResult } from '../run-faults.ts';

const modes: readonly Mode[] = ['direct', 'guarded', 'plain'];

export interface Report {
  readonly summary: string;
  readonly markdown: string;
  readonly violations: number;
}

interface Row {
  faults: number;
  executions: number;
  exited: number;
  notStarted: number;
  unknown: number;
  violations: number;
}

export function renderReport(results: readonly FaultsResult[], command: string): Report {
  const rows = new Map<string, Row>();
  const rowOf = (id: string) => {
    const row = rows.get(id) ?? { faults: 0, executions: 0, exited: 0, notStarted: 0, unknown: 0, violations: 0 };
    rows.set(id, row);
    return row;
  };
  let violations = 0;
  for (const { trials, cloudFaults, audit } of results) {
    for (const trial of trials) {
      violations += trial.violations.length;
      for (const { id } of trial.fired) {
        const row = rowOf(id);
        row.faults += 1;
        row.violations += trial.violations.length;
        for (const { outcome } of trial.nodes) {
          row.executions += 1;
          if (outcome === 'exited') row.exited += 1;
          if (outcome === 'not_started') row.notStarted += 1;
          if (outcome === 'unknown') row.unknown += 1;
        }
      }
    }
    for (const fault of cloudFaults) {
      violations += fault.violations.length;
      if (!fault.hasFired && fault.violations.length === 0) continue;
      const row = rowOf(fault.cell.id);
      row.faults += fault.hasFired ? 1 : 0;
      row.violations += fault.violations.length;
    }
    violations += audit.violations.length;
  }
  const faults = [...rows].reduce((sum, [id, row]) => sum + (id === 'none' ? 0 : row.faults), 0);
  const trials = results.reduce((sum, result) => sum + result.trials.length, 0);
  const minutes = results.reduce((sum, result) => sum + result.durationMs, 0) / 60_000;
  const records = results.map(({ backend, audit }) => `${backend}: ${audit.records} records, ${audit.effects} effects`);
  const summary = [
    `${faults} faults in ${trials} trials, ${rows.size} cells, ${violations} violations, ${minutes.toFixed(1)} minutes (${(faults / minutes).toFixed(0)} a minute)`,
    `audit chain intact, every effect preceded by its intent: ${records.join('; ')}`,
  ].join('\n');
  const table = [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, row]) => {
      const numbers = [row.faults, row.executions, row.exited, row.notStarted, row.unknown, row.violations];
      return `| ${id} | ${numbers.join(' | ')} |`;
    });
  const markdown = `# Faults

\`${command}\` on ${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores shared with other work, Node ${process.version}, ${results.map(({ backend, seed }) => `${backend} with seed ${seed}`).join(', ')}.

**${faults} faults in ${trials} trials: ${violations} violations.** ${minutes.toFixed(1)} minutes, ${(faults / minutes).toFixed(0)} faults a minute.
Audit: ${records.join('; ')}; the chain has no gap, and every effect comes after its intent.

A trial is one run: one of nine kinds (reads small and large, silent, 10 MB, into the background, killed by a signal, exits 255, never
ends, a question that a model answers), on two nodes (one with a guard, one that can't
hold one), with one to four faults. Nodes are lab hosts with their own sshd and boot id; the services are real processes over a
real PostgreSQL and, where it says so, a real Redis. Everything is judged on the nodes themselves: each change writes a line there when it
begins and keeps a copy of what it prints.

What is a violation: a change that ran twice; \`exited\` where it did not run, with a code that this command never has, or with stored output
on either stream whose SHA-256 is not that of the copy on the node; \`not_started\` where it ran, then or later, or for a reason that none of the
faults gives (\`tests/faults/allowed-reasons.ts\`: a fault-free run, a bad tunnel and a fault of the cloud give none); \`unknown\` in a cell that is not in
the table below, on a node that the fault did not strike, or for a reason that is not the fault's; a guarded node on which it ran without its guard; an end
that is another one when everything is over; a run that has not ended after 180 s, or has failed (but a question may, which says that there was no model,
began nothing, and was first asked while the model router or the line to it was away); what a client asked for once and is more than one run; a former holder of a
run's lease that has changed something after another one took it; work that is taken up under a former assignment; a gap in the audit chain; an effect without an
earlier intent.

A fault of the cloud happens to every run that is under way then; executions are counted with the faults of their own trial.

Nodes with a guard lose their power too: what the guard had not synced is put back to what it was, is empty, or is gone
(\`tests/faults/node\`). Of a satellite's disk and a node's, names are durable at once and bytes with their sync. Not shown by anything here: names that
a disk forgets; a node without a guard that loses its power, which is a reboot; a clock of PostgreSQL that is wrong by more than the 30 s that clocks may
differ by (then satellites refuse what it has dated, by design); and the console and the front, which hold nothing of a run.

| cell | faults | executions | exited | not_started | unknown | violations |
| --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

${describeUnreached(results, new Set(rows.keys()))}

${describeUnknowns()}`;
  return { summary, markdown, violations };
}

/** A cell that no trial has reached says nothing; it is named, so that nobody takes it for shown. */
function describeUnreached(results: readonly FaultsResult[], reached: ReadonlySet<string>): string {
  const all = new Set(results.flatMap(({ backend }) => cellsFor(backend).map(({ id }) => id)));
  const unreached = [...all].filter((id) => !reached.has(id));
  if (unreached.length === 0) return `All ${all.size} cells were reached.`;
  return `${unreached.length} of ${all.size} cells were not reached in this run: ${unreached.join(', ')}.`;
}

/** The cells in which nobody can know, as they stand in tests/faults/cells.ts. */
export function describeUnknowns(): string {
  const allowed = cellsFor('redis').filter((cell) => modes.some((mode) => cell.unknown[mode] !== null));
  const line = ({ id, unknown }: Cell) => `| ${id} | ${modes.map((mode) => unknown[mode] ?? '–').join(' | ')} |`;
  return `## Where \`unknown\` is a true answer

Written down in \`tests/faults/cells.ts\` before the first run. Everywhere else, in fault-free runs too, it is a violation. \`direct\`: what both ends
call read-only; \`guarded\` and \`plain\`: what may change something, with and without a guard on the node.

| cell | direct | guarded | plain |
| --- | --- | --- | --- |
${allowed.map(line).join('\n')}
`;
}

export async function writeReport(markdown: string): Promise<void> {
  const directory = path.resolve('benchmarks');
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'faults.md'), markdown);
}
