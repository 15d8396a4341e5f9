// The journal's tables. Entered by open-journal (create) and by `status` (reads). A new version adds a step here.
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

export const journalVersion = 2;

export type JournalIdentity = {
  /** Random, made with the file: another one tells the relay that what the satellite knew is lost. */
  journalId: string;
  createdAtMs: number;
  /** True: an earlier journal of this satellite was lost. */
  isReplacement: boolean;
};

/**
 * What an approval was used for, and what passkeys have signed. `change_key`: hash of action digest, command leaf and node; whoever
 * comes later under another execution id is refused.
 */
const approvalTables = `
    create table approved_changes (
      change_key blob primary key,
      execution_id text not null,
      expires_at_ms integer not null
    ) strict, without rowid;
    create table passkey_counts (
      credential_id text not null,
      sign_count integer not null,
      action_digest text not null,
      first_seen_at_ms integer not null,
      expires_at_ms integer not null,
      primary key (credential_id, sign_count)
    ) strict, without rowid;`;

/** What an earlier satellite wrote, as this one writes it. Nothing in it is lost. */
export function upgradeJournal(database: DatabaseSync): void {
  if (journalVersionOf(database) !== 1) return;
  database.exec(`begin immediate; ${approvalTables}
    alter table executions add column barred text;
    pragma user_version = 2; commit`);
}

/** Makes the tables in an empty file. */
export function createJournalTables(database: DatabaseSync, isReplacement: boolean): void {
  database.exec(`
    pragma journal_mode = wal;
    begin immediate;
    create table meta (
      journal_id text not null,
      created_at_ms integer not null,
      is_replacement integer not null
    ) strict;
    create table dispatches (
      dispatch_id text primary key,
      nonce text not null unique,
      content_hash text not null,
      envelope text not null,
      assignment_epoch integer not null,
      expires_at_ms integer not null,
      received_at_ms integer not null
    ) strict, without rowid;
    create table executions (
      /* By arrival, and not by id: what begins and ends together stands together, and a commit writes a few pages instead of one a row. */
      arrival integer primary key,
      execution_id text not null unique,
      dispatch_id text not null references dispatches (dispatch_id),
      assignment_epoch integer not null,
      mode text not null check (mode in ('direct', 'guarded', 'plain', 'inquiry')),
      state text not null check (state in ('journaled', 'starting', 'running', 'finished')),
      attempt integer not null default 0,
      started_at_ms integer,
      guard_directory text,
      boot_id text,
      stdout_acked integer not null default 0,
      stderr_acked integer not null default 0,
      result text,
      outcome_acked integer not null default 0,
      tail_stdout_offset integer,
      tail_stdout blob,
      tail_stderr_offset integer,
      tail_stderr blob,
      barred text,
      check ((state = 'finished') = (result is not null)),
      check ((guard_directory is null) = (boot_id is null))
    ) strict;
    create index executions_of_dispatch on executions (dispatch_id);
    create index executions_open on executions (state) where state <> 'finished';
    create index executions_unacked on executions (outcome_acked) where state = 'finished' and outcome_acked = 0;
    ${approvalTables}
    pragma user_version = ${journalVersion};
  `);
  database.prepare('insert into meta values (?, ?, ?)').run(randomUUID(), Date.now(), isReplacement ? 1 : 0);
  database.exec('commit');
}

export function readJournalIdentity(database: DatabaseSync): JournalIdentity {
  const row = database.prepare('select journal_id, created_at_ms, is_replacement from meta').get();
  if (row === undefined) throw new Error('it has no identity');
  return {
    journalId: String(row.journal_id),
    createdAtMs: Number(row.created_at_ms),
    isReplacement: row.is_replacement === 1,
  };
}

export function journalVersionOf(database: DatabaseSync): number {
  return (database.prepare('pragma user_version').get() as { user_version: number }).user_version;
}
