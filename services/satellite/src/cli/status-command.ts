// `satellite status`: what this machine is, whether it is connected, what its journal holds. Reads only.
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { WitnessedCheckpoint } from '@sena/contracts/domain/checkpoint';
import { defineCommand, type ParsedArgs } from 'citty';
import { type Enrolment, readEnrolment } from '../config/enrolment.ts';
import { OperatorError } from '../config/operator-error.ts';
import { openStateDirectory, type StateFiles } from '../config/state-directory.ts';
import type { JournalCounts } from '../journal/journal-operations.ts';
import { countExecutions } from '../journal/journal-statements.ts';
import { checkNativeCrypto, type NativeCrypto } from '../ssh/native-crypto.ts';
import { cryptoComplaint } from '../ssh/require-native-crypto.ts';
import { readLiveStatus, type SatelliteStatus } from '../status/status-file.ts';
import { type RefusedCheckpoint, readRefusedCheckpoint, readWitnessed } from '../witness/witness-files.ts';
import { loadConfig } from './load-config.ts';
import { nameCommand } from './name-command.ts';
import { reportToOperator } from './report-to-operator.ts';

const declared = {
  config: { type: 'string', required: true, description: 'Configuration file' },
  json: { type: 'boolean', description: 'For programs' },
} as const;
type Args = ParsedArgs<typeof declared>;

export const statusCommand = defineCommand({
  meta: { name: 'status', description: 'Show enrolment, connection, journal and halt switch' },
  args: declared,
  run: reportToOperator(({ args }: { args: Args }) => {
    const config = loadConfig('status', args.config);
    const state = openStateDirectory(config.stateDirectory);
    const enrolment = readEnrolment(state.enrolment);
    const live = readLiveStatus(state.status, Date.now());
    const journal = readCounts(state.journal);
    const isHalted = existsSync(config.haltFile);
    const { witnessed, refused, problem: witnessProblem } = readAudit(state);
    if (args.json) {
      const audit = { witnessed, refused, problem: witnessProblem };
      const process = live ?? null;
      console.log(JSON.stringify({ enrolment, process, journal, audit, isHalted, haltFile: config.haltFile }, null, 2));
    } else {
      const lines =
        enrolment === null
          ? [['enrolled', 'no; add a satellite in the console and paste its command here']]
          : [
              ['enrolled', `${enrolment.name} (${enrolment.satelliteId}) at ${enrolment.url}`],
              ['organization', `${enrolment.organizationId}, site ${enrolment.siteId}`],
              ...enrolment.dispatchKeys.map((key) => ['dispatch key', describeKey(enrolment, key)]),
            ];
      lines.push(['process', describeProcess(live, config.file)]);
      if (live !== null) lines.push(['connection', describeConnection(live)], ['work', describeWork(live)]);
      const limit = describeSiteShare(live);
      if (limit !== null) lines.push(['site limit', limit]);
      if (live?.clockProblem) lines.push(['clock', live.clockProblem]);
      const crypto = cryptoOf(live);
      if (crypto.kind !== 'works') lines.push(['ssh', cryptoComplaint(crypto)]);
      lines.push(['journal', journal === null ? 'none' : describeJournal(journal)]);
      lines.push(['audit', witnessProblem ?? describeWitnessed(witnessed)]);
      if (refused !== null)
        lines.push([
          'AUDIT REFUSED',
          `${refused.message} See satellite checkpoint; the evidence is ${state.refusedCheckpoint}`,
        ]);
      lines.push(['halt switch', isHalted ? `ON: nothing starts while ${config.haltFile} exists` : 'off']);
      for (const [name = '', value = ''] of lines) console.log(`${`${name}:`.padEnd(14)}${value}`);
    }
    // For monitoring: 0 only when it works.
    const works =
      live?.connection.kind === 'connected' &&
      live.clockProblem === null &&
      refused === null &&
      witnessProblem === null;
    if (!works) process.exitCode = 1;
  }),
});

function readCounts(file: string): JournalCounts | null {
  if (!existsSync(file)) return null;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return countExecutions(database);
  } finally {
    database.close();
  }
}

/** What is damaged is said with the rest, and hides nothing of it. */
function readAudit(state: StateFiles): {
  witnessed: WitnessedCheckpoint | null;
  refused: RefusedCheckpoint | null;
  problem: string | null;
} {
  try {
    const witnessed = readWitnessed(state.witnessed);
    return { witnessed, refused: readRefusedCheckpoint(state.refusedCheckpoint), problem: null };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { witnessed: null, refused: null, problem: `witnesses nothing: ${error.message}` };
  }
}

function describeKey(enrolment: Enrolment, key: Enrolment['dispatchKeys'][number]): string {
  const { keyId, fingerprint, retiredAt } = key;
  const newestKeyId = enrolment.newestKeyId ?? enrolment.dispatchKeys[0]?.keyId;
  const state = retiredAt !== null ? `retired ${retiredAt}` : keyId === newestKeyId ? 'newest' : 'believed';
  return `${fingerprint} (${keyId}), ${state}`;
}

function describeProcess(live: SatelliteStatus | null, file: string): string {
  if (live === null) return `not running; start it with: ${nameCommand('run', file)}`;
  return `${live.pid}, version ${live.version}, since ${live.startedAt}`;
}

/** What the process runs with; where there is none, what the next one will find. */
function cryptoOf(live: SatelliteStatus | null): NativeCrypto {
  if (live === null) return checkNativeCrypto();
  return { kind: live.isNativeCryptoLoaded ? 'works' : 'missing' };
}

function describeConnection({ connection }: SatelliteStatus): string {
  switch (connection.kind) {
    case 'connected':
      return `connected to ${connection.relayId} since ${connection.since}`;
    case 'connecting':
      return `not connected: ${connection.detail}`;
    case 'refused':
      return `refused (${connection.code}): ${connection.message}`;
  }
}

function describeWork({ counts }: SatelliteStatus): string {
  return `${counts.running + counts.starting} running, ${counts.waiting} waiting, ${counts.connections} SSH connections, ${counts.heldBytes} bytes to acknowledge`;
}

/** Null: there is none, or nobody has said whether there is one. Without a connection nobody can. */
export function describeSiteShare(live: Pick<SatelliteStatus, 'connection' | 'counts'> | null): string | null {
  const share = live?.counts.siteShare ?? null;
  if (share === null) return null;
  if (share === 'not_told')
    return live?.connection.kind === 'connected' ? 'not told yet; nothing begins until the cloud has said' : null;
  return `at most ${share} ${share === 1 ? 'command' : 'commands'} at once here, as long as the cloud says so`;
}

function describeWitnessed(witnessed: WitnessedCheckpoint | null): string {
  if (witnessed === null) return 'no checkpoint seen yet';
  return `${witnessed.checkpoint.size} records witnessed at ${witnessed.cosignature.at}`;
}

function describeJournal(counts: JournalCounts): string {
  return `${counts.finished} finished (${counts.unacked} not acknowledged), ${counts.starting + counts.running} under way, ${counts.journaled} waiting`;
}
