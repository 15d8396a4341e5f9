// `sena audit export`: the whole audit into a file, or on from where one ended. A file that is cut off is never left under its name.
import { createWriteStream, existsSync, renameSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { readAuditExport } from '@sena/sdk/read-audit-export';
import { defineCommand, type ParsedArgs } from 'citty';
import { apiOptions, findApi } from '../find-api.ts';
import { OperatorError, reportToOperator } from '../report-to-operator.ts';
import { readLastLine } from './read-last-line.ts';

const declared = {
  ...apiOptions,
  out: { type: 'string', required: true, description: 'File to write' },
  continue: { type: 'boolean', description: 'Add what has been sealed since to the file that is there' },
} as const;
type Args = ParsedArgs<typeof declared>;

export function createExportCommand(environment: Record<string, string | undefined>) {
  return defineCommand({
    meta: { name: 'export', description: 'Export the audit as NDJSON, with what proves it' },
    args: declared,
    run: reportToOperator(async ({ args }: { args: Args }) => {
      const { out } = args;
      const api = findApi(args, environment);
      const afterSeq = args.continue === true ? await readEnd(out) : 0;
      if (args.continue !== true && existsSync(out))
        throw new OperatorError(`${out} exists. Add to it with --continue, or choose another --out.`);
      const draft = `${out}.part`;
      try {
        if (args.continue === true) await copyFile(out, draft);
        await pipeline(
          readAuditExport({ ...api, afterSeq }),
          createWriteStream(draft, { flags: args.continue === true ? 'a' : 'w', mode: 0o600 }),
        );
        const end = await readEnd(draft);
        renameSync(draft, out);
        const added = args.continue === true ? ` ${(end - afterSeq).toLocaleString('en')} of them are new.` : '';
        console.log(`${out} has ${end.toLocaleString('en')} records.${added} Verify it: sena audit verify ${out}`);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    }),
  });
}

/** The number of the last record. Throws when the file is not a whole export. */
async function readEnd(file: string): Promise<number> {
  const end: unknown = JSON.parse((await readLastLine(file)) || 'null');
  const isEnd = typeof end === 'object' && end !== null && 'kind' in end && end.kind === 'end' && 'records' in end;
  if (!isEnd || typeof end.records !== 'number')
    throw new OperatorError(`${file} does not end as an export does. Export again without --continue.`);
  return end.records;
}
