// `sena audit verify` on an export: how long it takes and how much memory, from the start of the program to its verdict. The export is made
// here, as the API writes it, with a checkpoint every 1,000 records that three satellites have signed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '@sena/audit/canonical-json';
import { eventSha256, genesisHash, type SealedContent, sealHash } from '@sena/audit/chain-hash';
import type { ExportLine } from '@sena/audit/export-line';
import type { WitnessedCheckpoint } from '@sena/contracts/domain/checkpoint';
import { newId } from '@sena/contracts/ids';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { growTree, leafHash } from '@sena/envelope/merkle-tree';
import { cosign, signCheckpoint } from '@sena/envelope/sign-checkpoint';
import { cpuSeconds, peakResidentBytes } from '../measure/process-usage.ts';
import { median, spread } from '../measure/statistics.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { leaveNothing } from '../stage/leave-nothing.ts';

const recordsACheckpoint = 1_000;
const secondsMax = 15;
const program = path.resolve(import.meta.dirname, '..', '..', '..', 'apps', 'cli', 'src', 'main.ts');

export async function measureVerifyAudit({
  records,
  repetitions,
}: {
  records: number;
  repetitions: number;
}): Promise<void> {
  const loadBefore = loadAverage();
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-verify-'));
  const undo = leaveNothing(() => rm(directory, { recursive: true, force: true }));
  const [file, keptFile] = [path.join(directory, 'audit.ndjson'), path.join(directory, 'seen.json')];
  const organization = inventOrganization(records);
  await pipeline(organization.lines, createWriteStream(file));
  await writeFile(keptFile, JSON.stringify(organization.kept()));
  const bytes = (await stat(file)).size;
  console.log(`${records} records, ${(bytes / 2 ** 20).toFixed(0)} MiB`);

  const seconds: number[] = [];
  const processorSeconds: number[] = [];
  const peaks: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const run = await verify([file, '--checkpoint', keptFile]);
    if (run.code !== 0) throw new Error(`It does not hold:\n${run.output}`);
    seconds.push(run.seconds);
    processorSeconds.push(run.cpuSeconds);
    peaks.push(run.peakBytes);
    console.log(`run ${repetition + 1}: ${run.seconds.toFixed(2)} s, ${(run.peakBytes / 2 ** 20).toFixed(0)} MiB`);
  }
  await undo();
  await writeResult({
    name: 'verify-audit',
    title: `Verifying ${records.toLocaleString('en')} audit records`,
    command: `verify-audit --records ${records} --repetitions ${repetitions}`,
    about: [
      `\`sena audit verify\` on an export of ${(bytes / 2 ** 20).toFixed(0)} MiB with a checkpoint every ${recordsACheckpoint.toLocaleString('en')} records that three satellites have`,
      'signed, against what one of them saw last. From the start of the program to its end.',
    ],
    loadBefore,
    tables: [
      {
        heading: 'Median (lowest–highest)',
        columns: ['what', 'figure', 'target'],
        rows: [
          ['seconds', spread(seconds, 2), `≤ ${secondsMax} for 1,000,000`],
          ['seconds of processor time, read every 0.2 s', spread(processorSeconds, 2), ''],
          ['records a second', Math.round(records / median(seconds)).toLocaleString('en'), ''],
          [
            'resident memory at its highest, MiB',
            spread(
              peaks.map((peak) => peak / 2 ** 20),
              0,
            ),
            '',
          ],
        ],
      },
    ],
    notes: [],
  });
}

function inventOrganization(records: number): { lines: Iterable<string>; kept(): WitnessedCheckpoint } {
  const organizationId = newId('org');
  const keyId = newId('ckey');
  const pair = generateKeyPair();
  const satellites = Array.from({ length: 3 }, () => {
    const { publicKeySpki: publicKey, privateKey } = generateKeyPair();
    return { satelliteId: newId('sat'), publicKey, privateKey };
  });
  const key = { keyId, publicKey: pair.publicKeySpki, certificate: 'not looked at here' };
  const toLine = (line: ExportLine) => `${canonicalJson(line)}\n`;
  let kept: WitnessedCheckpoint | null = null;

  function* write(): Generator<string> {
    yield toLine({
      kind: 'header',
      v: 1,
      organizationId,
      afterSeq: 0,
      exportedAt: new Date().toISOString(),
      keys: [key],
    });
    const tree = growTree();
    const [runId, user, node] = [newId('run'), newId('user'), newId('node')];
    let previousHash = genesisHash;
    for (let seq = 1; seq <= records; seq += 1) {
      const event: SealedContent = {
        ...{
          id: newId('audit'),
          organizationId,
          action: 'dispatch.written',
          actor: `member:${user}`,
          subject: newId('disp'),
          runId,
        },
        at: `2026-01-01T00:00:00.${String(seq % 1_000_000).padStart(6, '0')}Z`,
        data: { step: 'probe-1', nodes: [node, newId('node')], commandSha256: previousHash, text: 'Grüße', n: seq },
      };
      const hash = sealHash({ organizationId, seq, previousHash, eventSha256: eventSha256(event) });
      yield toLine({ kind: 'record', event, seq, previousHash, hash });
      tree.append(leafHash(hash));
      previousHash = hash;
      if (seq % recordsACheckpoint !== 0) continue;
      const at = new Date();
      const unsigned = {
        organizationId,
        size: seq,
        root: tree.root().toString('hex'),
        headHash: hash,
        at: at.toISOString(),
        keyId,
      };
      const checkpoint = signCheckpoint(unsigned, pair.privateKey);
      yield toLine({ kind: 'checkpoint', ...checkpoint });
      for (const satellite of satellites) {
        const cosignature = cosign(checkpoint, satellite, at);
        yield toLine({ kind: 'cosignature', ...cosignature });
        kept = { v: 1, checkpoint, key, cosignature };
      }
    }
    yield toLine({ kind: 'end', records, unsealed: 0 });
  }

  return {
    lines: write(),
    kept() {
      if (kept === null) throw new Error(`Give --records a multiple of ${recordsACheckpoint}.`);
      return kept;
    },
  };
}

async function verify(
  args: readonly string[],
): Promise<{ code: number; seconds: number; peakBytes: number; cpuSeconds: number; output: string }> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [program, 'audit', 'verify', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  let peakBytes = 0;
  let cpu = 0;
  const watch = setInterval(() => {
    try {
      peakBytes = Math.max(peakBytes, peakResidentBytes(child.pid ?? 0));
      cpu = Math.max(cpu, cpuSeconds(child.pid ?? 0));
    } catch (error) {
      // It ended between two looks.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }, 200);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  return { code, seconds: (performance.now() - startedMs) / 1_000, peakBytes, cpuSeconds: cpu, output };
}
