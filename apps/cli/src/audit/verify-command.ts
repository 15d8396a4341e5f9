// `sena audit verify`: recomputes an export, offline, and holds it against what satellites saw. Exit code 0: it holds; 1: it does not, and the
// first record that does not is named; 2: it could not be found out.
import { readFileSync } from 'node:fs';
import { type ExportVerdict, type Voucher, verifyExport } from '@sena/audit/verify-export';
import { type WitnessedCheckpoint, witnessedCheckpointSchema } from '@sena/contracts/domain/checkpoint';
import { defineCommand, type ParsedArgs } from 'citty';
import { OperatorError, reportToOperator } from '../report-to-operator.ts';
import { openDigesters } from './open-digesters.ts';
import { verifyFile } from './verify-file.ts';

const declared = {
  file: { type: 'positional', required: true, description: 'Export; several, where each goes on after the one before' },
  checkpoint: {
    type: 'string',
    description: 'What `satellite checkpoint --json` has printed: the export has to continue it (several: comma)',
  },
  key: { type: 'string', description: 'Fingerprint of the key of checkpoints, SHA256:… (several: comma)' },
  json: { type: 'boolean', description: 'For programs' },
} as const;
type Args = ParsedArgs<typeof declared>;

export const verifyCommand = defineCommand({
  meta: { name: 'verify', description: 'Verify an export of the audit, offline' },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const witnessed = listOf(args.checkpoint).map(readWitnessed);
    const keyFingerprints = listOf(args.key);
    const wrong = keyFingerprints.find((key) => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(key));
    if (wrong !== undefined) throw new OperatorError(`--key: ${wrong} is not a fingerprint like SHA256:…`);
    const verifier = verifyExport({ witnessed, keyFingerprints });
    const digesters = openDigesters();
    try {
      for (const file of args._) if (!(await verifyFile(file, verifier, digesters))) break;
    } finally {
      await digesters.close();
    }
    const verdict = verifier.finish();
    if (args.json === true) console.log(JSON.stringify(verdict, null, 2));
    else for (const line of describe(verdict)) console.log(line);
    if (verdict.kind === 'broken') process.exitCode = 1;
  }),
});

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((each) => each !== '');
}

function readWitnessed(file: string): WitnessedCheckpoint {
  try {
    return witnessedCheckpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new OperatorError(`${file} is not what \`satellite checkpoint --json\` prints, or can't be read.`, { cause });
  }
}

function describe(verdict: ExportVerdict): string[] {
  if (verdict.kind === 'broken') {
    const { seq, upToSeq, eventId, line, reason } = verdict;
    const which =
      seq === upToSeq
        ? `Record ${number(seq)} does`
        : `One or more of the records ${number(seq)} to ${number(upToSeq)} do`;
    return [`✘ ${which} not hold: ${reason}.`, `  line ${number(line)}${eventId === null ? '' : `, event ${eventId}`}`];
  }
  const { records, vouchers, unsealed } = verdict;
  const lines = [`✔ ${number(records)} records hold, each with its place, its content and the one before it.`];
  lines.push(
    `  organization  ${verdict.organizationId}`,
    `  last seal     ${verdict.headHash}`,
    `  root          ${verdict.root}`,
  );
  for (const voucher of vouchers.toSorted((a, b) => b.size - a.size)) lines.push(`  ${describeVoucher(voucher)}`);
  const outside = vouchers.filter((voucher) => voucher.isPinned && voucher.by !== 'signer').map(({ size }) => size);
  const seen = Math.max(0, ...outside);
  if (!vouchers.some(({ isPinned }) => isPinned))
    lines.push(
      '  No key was given: who owns the database could have made all of this anew. Give --checkpoint or --key.',
    );
  else if (seen < records)
    lines.push(`  Of the records after number ${number(seen)} nobody outside has been heard: see --checkpoint.`);
  lines.push(
    `  unsealed tail: ${number(unsealed)} ${unsealed === 1 ? 'event' : 'events'} that nothing vouches for yet`,
  );
  return lines;
}

function describeVoucher({ size, at, by, satelliteId, isPinned }: Voucher): string {
  const known = isPinned ? '' : ' (by a key that you have not named)';
  switch (by) {
    case 'signer':
      return `signed up to record ${number(size)} at ${at}${known}`;
    case 'cosignature':
      return `witnessed up to record ${number(size)} by ${satelliteId} at ${at}${known}`;
    case 'kept':
      return `the same ${number(size)} records that ${satelliteId} saw, as you have kept it`;
  }
}

function number(value: number): string {
  return value.toLocaleString('en');
}
