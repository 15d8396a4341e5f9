// What is taken out of the product to see whether the harness notices, and the few cells that must. Data only.

export interface Mutation {
  readonly id: string;
  /** What is gone, for the table. */
  readonly without: string;
  readonly changes: ReadonlyArray<{ file: string; from: string; to: string }>;
  /** Of the harness, beside backend, lanes and seed. */
  readonly run: { only: string; kind: string; count: number };
}

const migration = 'packages/db/prisma/migrations/20261123000000_foundation/migration.sql';

export const mutations: readonly Mutation[] = [
  {
    id: 'journal-fsync',
    without: 'the journal’s fsync',
    changes: [
      {
        file: 'services/satellite/src/journal/journal-worker.ts',
        from: 'pragma synchronous = full',
        to: 'pragma synchronous = off',
      },
    ],
    run: { only: 'satellite.power-loss.after-commit.starting', kind: 'silent', count: 3 },
  },
  {
    id: 'guard-lock',
    without: 'the guard’s lock (noclobber)',
    changes: [
      {
        file: 'services/satellite/src/guard/scripts/run.sh',
        from: 'set -C\n{ true >"$file.l"; }',
        to: '{ true >"$file.l"; }',
      },
    ],
    run: { only: 'ssh.late', kind: 'silent', count: 4 },
  },
  {
    id: 'guard-tombstone',
    without: 'the guard’s tombstone',
    changes: [
      {
        file: 'services/satellite/src/guard/scripts/attach.sh',
        from: '  set -C\n  if { true >"$file.l"; }',
        to: '  say tombstone\n  set -C\n  if { true >"$file.l"; }',
      },
    ],
    run: { only: 'ssh.late', kind: 'silent', count: 4 },
  },
  {
    id: 'guard-sync',
    without: 'the guard’s sync of what was printed, before its end',
    changes: [
      {
        file: 'services/satellite/src/guard/scripts/run.sh',
        from: '  sync "$file.o" "$file.e"\n  echo "$line $code end"',
        to: '  echo "$line $code end"',
      },
    ],
    // Three of four that were not synced are gone.
    run: { only: 'node.loses-power.ended', kind: 'exits-255', count: 5 },
  },
  {
    id: 'connection-epoch',
    without: 'the check of the connection epoch',
    changes: [
      {
        file: 'packages/fleet/src/satellite-presence.ts',
        from: 'where s.connection_epoch = h.epoch and s.revoked_at is null and s.locked_at is null order by',
        to: 'where s.revoked_at is null order by',
      },
      {
        file: 'packages/fleet/src/satellite-presence.ts',
        from: 'where s.connection_epoch = h.epoch order by',
        to: 'order by',
      },
    ],
    run: { only: 'relay.former', kind: 'silent', count: 2 },
  },
  {
    id: 'claim-epoch',
    without: 'who holds the satellite, where dispatches and inquiries are given out',
    changes: [
      {
        file: migration,
        from: '        and s.connection_epoch = h.epoch and s.relay_id = relay and s.revoked_at is null limit 1\n',
        to: '        and s.revoked_at is null limit 1\n',
      },
      {
        file: migration,
        from: '      and s.connection_epoch = h.epoch and s.relay_id = relay and s.revoked_at is null\n',
        to: '      and s.revoked_at is null\n',
      },
      {
        file: migration,
        from: 'select w.satellite_id from waiting w) and s.relay_id = relay and s.revoked_at is null\n',
        to: 'select w.satellite_id from waiting w) and s.revoked_at is null\n',
      },
      { file: migration, from: 'on f.id = w.satellite_id and f.epoch = w.epoch', to: 'on f.id = w.satellite_id' },
    ],
    run: { only: 'relay.former.lives-on', kind: 'silent', count: 4 },
  },
  {
    id: 'assignment-epoch',
    without: 'the end of the former assignment when work moves',
    changes: [
      {
        file: migration,
        from: 'update dispatches d set pending = 0, superseded_at = now() where d.id = former.id;',
        to: '',
      },
    ],
    // What was taken from the one that was away is sent to it all the same when it is back.
    run: { only: 'pair.kill.before-send', kind: 'read-small', count: 1 },
  },
  {
    id: 'journal-assignment',
    without: 'the assignment that the journal compares with',
    changes: [
      {
        file: 'services/satellite/src/journal/journal-statements.ts',
        from: "executions.mode <> 'inquiry'\n        and executions.assignment_epoch < excluded.assignment_epoch",
        to: "executions.mode <> 'inquiry'",
      },
    ],
    run: { only: 'pair.former-assignment', kind: 'read-small', count: 3 },
  },
  {
    id: 'lease-epoch',
    without: 'the epoch of the lease, where a run is changed',
    changes: [
      {
        file: 'packages/runs/src/run/claim-run.ts',
        from: "'select 1 from runs where id = $1 and lease_epoch = $2 and lease_expires_at > now() for update'",
        to: "'select 1 from runs where id = $1 and $2::integer is not null for update'",
      },
      {
        file: migration,
        from: 'where r.id = run and r.lease_epoch = epoch and r.lease_expires_at > clock_timestamp() for key share',
        to: 'where r.id = run for key share',
      },
    ],
    run: { only: 'orchestrator.beyond-lease.after-read-outcomes', kind: 'silent', count: 2 },
  },
  {
    id: 'checkpoint-sync',
    without: 'the checkpoint’s durability: sync',
    changes: [
      {
        file: 'services/orchestrator/src/graph/resume-run.ts',
        from: "durability: 'sync'",
        to: "durability: 'exit'",
      },
    ],
    // The model proposes something else each time it is asked: what was thought may not be thought again.
    run: { only: 'orchestrator.kill.after-commit.write-dispatches', kind: 'asks-model', count: 3 },
  },
  {
    id: 'dispatch-ack-first',
    without: 'the order of journal and acknowledgement at the satellite',
    changes: [
      {
        file: 'services/satellite/src/dispatch/take-dispatch.ts',
        from: 'const received = await receiveDispatch(frame, rules);\n  answer(received.ack);',
        to: "answer({ t: 'dispatch-ack', dispatchId: frame.dispatchId, accepted: true, code: null, message: null });\n  await new Promise((resolve) => setTimeout(resolve, 300));\n  const received = await receiveDispatch(frame, rules);",
      },
    ],
    run: { only: 'satellite.kill.before-commit.accept', kind: 'silent', count: 2 },
  },
  {
    id: 'outcome-ack-first',
    without: 'the order of commit and acknowledgement at the relay',
    changes: [
      {
        file: 'services/relay/src/results/record-batch.ts',
        from: '  const stored = await inOrganization(',
        to: "  acknowledgeOutput(outputs, [], new Map());\n  for (const { satellite, frame } of results) {\n    satellite.out.push({ t: 'outcome-ack', executionId: frame.result.executionId, revision: frame.result.revision });\n  }\n  await new Promise((resolve) => setTimeout(resolve, 300));\n  const stored = await inOrganization(",
      },
    ],
    run: { only: 'relay.kill.before-commit.record-', kind: 'exits-255', count: 4 },
  },
];
