// The real journal, in its own thread and on disk. How many transactions were committed is read from SQLite's write-ahead log: each ends with
// a frame that says how large the database is now (https://www.sqlite.org/fileformat2.html#the_write_ahead_log), and each is one sync.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { acceptOf, journalOfEachTest } from '../fixtures/test-journal.ts';

const journal = journalOfEachTest();

const headerBytes = 32;
const frameHeaderBytes = 24;

/** In the log as it is; few enough operations that it is not begun anew. */
function commits(): number {
  const log = readFileSync(`${journal.file}-wal`);
  const frameBytes = frameHeaderBytes + log.readUInt32BE(8);
  let count = 0;
  for (let at = headerBytes; at + frameBytes <= log.length; at += frameBytes) {
    if (log.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}

function accept(): Promise<unknown> {
  return journal.perform(acceptOf([{ executionId: randomUUID(), mode: 'plain' }]));
}

it('what is asked for in one turn is one transaction', async () => {
  await accept();
  const before = commits();
  await Promise.all(Array.from({ length: 50 }, accept));
  expect(commits()).toBe(before + 1);
  await accept();
  expect(commits()).toBe(before + 2);
});

it('what is asked for while another transaction is written is one more, in however many turns', async () => {
  await accept();
  const before = commits();
  const other = new DatabaseSync(journal.file);
  const asked: Promise<unknown>[] = [];
  try {
    other.exec('begin immediate');
    asked.push(accept());
    for (let turn = 0; turn < 30; turn += 1) {
      await nextTurn();
      asked.push(accept());
    }
    other.exec('rollback');
  } finally {
    other.close();
  }
  await Promise.all(asked);
  expect(commits()).toBe(before + 2);
});
