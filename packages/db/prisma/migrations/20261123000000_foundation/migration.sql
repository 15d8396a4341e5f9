-- The foundation: every table of an organization's data, row-level security forced on each, the listed functions that look
-- across organizations. Runs as sena_owner; roles and schemas are made by prepare-database.

-- The organization whose rows this transaction may see. Not set: none.
create function current_organization() returns text language sql stable
  as $$ select nullif(current_setting('sena.organization_id', true), '') $$;

-- Organizations ---------------------------------------------------------------------------------------------------------

create table organizations (
  organization_id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

-- Fleet -----------------------------------------------------------------------------------------------------------------

create table sites (
  id text primary key,
  organization_id text not null references organizations,
  name text not null,
  -- So many commands run there at once, all its satellites together; null: as many as each of them allows.
  running_max integer check (running_max between 1 and 100000),
  created_at timestamptz not null default now(),
  unique (organization_id, name),
  unique (organization_id, id)
);

create table satellites (
  id text primary key,
  organization_id text not null,
  site_id text not null,
  name text not null,
  public_key text not null,
  fingerprint text not null unique,
  version text,
  -- Journals have a random id: a satellite that comes back with another journal has lost what it knew.
  journal_id text,
  -- What it said at its last hello: of so many people it wants a passkey. A hint for people; the satellite itself decides.
  passkeys_to_change integer not null default 0 check (passkeys_to_change between 0 and 2),
  -- The newest dispatch key that it trusts, as far as it has said: the signer signs for it with that one. A hint; the satellite decides.
  dispatch_key_id text,
  -- Its state directory is there once: with every connection it is given the next number and a random token, and says at the next one what
  -- it holds. `session_token` null: it has none yet, or was unlocked, and whatever it says first is taken. `pending_token`: of the number
  -- after this one, given and not yet said to be kept; the same again to whoever comes before that.
  session_counter bigint not null default 0,
  session_token text,
  pending_token text,
  -- From where it came last, as the relay or the front before it sees that.
  remote_address text,
  -- Two copies of its state directory exist. Nothing is sent to it until somebody has looked.
  locked_at timestamptz,
  lock jsonb,
  -- Of its site's `running_max`: so many may run through it by what it was told, until it says that fewer do. Null: it was told of no limit,
  -- or has stopped with nothing running.
  site_share integer check (site_share >= 0),
  relay_id text,
  connection_epoch bigint not null default 0,
  connected_at timestamptz,
  last_seen_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  unique (organization_id, id),
  unique (organization_id, name),
  foreign key (organization_id, site_id) references sites (organization_id, id)
);
create index satellites_site on satellites (organization_id, site_id);
-- Every relay asks every second who was closed lately.
create index satellites_closed on satellites (greatest(revoked_at, locked_at)) where revoked_at is not null or locked_at is not null;

-- Which keys a satellite has had, one after the other, and what both of them signed: what the former ones have signed stays a word of its.
create table satellite_key_changes (
  organization_id text not null,
  satellite_id text not null,
  former_public_key text not null unique,
  public_key text not null,
  proof jsonb not null,
  at timestamptz not null default now(),
  primary key (organization_id, satellite_id, public_key),
  foreign key (organization_id, satellite_id) references satellites (organization_id, id)
);

create table join_tokens (
  id text primary key,
  organization_id text not null,
  site_id text not null,
  token_hash text not null unique,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by_satellite_id text,
  -- Whose fingerprint its command pins.
  dispatch_key_id text,
  foreign key (organization_id, site_id) references sites (organization_id, id)
);

create table nodes (
  id text primary key,
  organization_id text not null,
  site_id text not null,
  name text not null,
  address text not null,
  port integer not null check (port between 1 and 65535),
  run_as text not null,
  credential text not null,
  host_key text,
  labels jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (organization_id, name),
  unique (organization_id, id),
  foreign key (organization_id, site_id) references sites (organization_id, id)
);
create index nodes_site on nodes (organization_id, site_id);
create index nodes_labels on nodes using gin (labels jsonb_path_ops);

-- Runs ------------------------------------------------------------------------------------------------------------------

create table runs (
  id text primary key,
  organization_id text not null references organizations,
  kind text not null check (kind in ('ask', 'command', 'runbook')),
  status text not null default 'queued'
    check (status in ('queued', 'running', 'awaiting_approval', 'scheduled', 'succeeded', 'failed', 'cancelled')),
  -- Compare-and-set for every change of status.
  version integer not null default 1,
  reason text,
  prompt text,
  command text,
  selector text,
  runbook text,
  -- How long its work may wait for satellites and nodes that are offline.
  wait_ms integer not null default 0 check (wait_ms between 0 and 86400000),
  -- Asked for ahead of its time: nothing of it begins on a node before. Null: at once.
  start_at timestamptz,
  planner text not null default 'none' check (planner in ('none', 'runbook', 'model')),
  answer text,
  requested_by text not null,
  requested_by_name text not null,
  -- As it was when they asked: policies are decided by it. What is not said has the fewest rights.
  requested_role text not null default 'viewer' check (requested_role in ('owner', 'admin', 'operator', 'approver', 'viewer')),
  requested_via text not null default 'service_token' check (requested_via in ('session', 'api_key', 'service_token')),
  -- The API key it was asked with: one that is revoked while the run waits for its time ends it.
  requested_key text,
  -- What that key was called then.
  requested_key_name text,
  -- The selector that its requester's role was narrowed to when it was asked for: it reaches nothing beyond.
  scope text,
  usage jsonb not null default '{"modelCalls":0,"promptTokens":0,"completionTokens":0,"models":[]}',
  last_event_seq integer not null default 0,
  -- Counts of the executions' effective outcomes; what is left of execution_count is pending. Kept by the writers of dispatches
  -- and results.
  execution_count integer not null default 0,
  exited_zero_count integer not null default 0,
  exited_nonzero_count integer not null default 0,
  not_started_count integer not null default 0,
  unknown_count integer not null default 0,
  traceparent text,
  cancel_requested_at timestamptz,
  -- The cancel also wants what runs under a guard to be stopped.
  stop_requested boolean not null default false,
  -- There is work for a worker while wake_count > handled_count. Whoever causes work counts up; a worker that lets go
  -- sets handled_count to what it had seen, so that a wake in between is never lost.
  wake_count integer not null default 1,
  handled_count integer not null default 0,
  wanted_at timestamptz not null default now(),
  -- Attempts in a row that ended in an error of SENA's own.
  failures integer not null default 0,
  lease_owner text,
  lease_epoch integer not null default 0,
  lease_expires_at timestamptz,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  unique (organization_id, id)
);
create index runs_recent on runs (organization_id, created_at desc, id desc);
create index runs_wanted on runs (organization_id, wanted_at) where wake_count > handled_count;
create index runs_cancelling on runs (organization_id) where cancel_requested_at is not null and finished_at is null;
create index runs_scheduled on runs (start_at) where status = 'scheduled';
create index runs_leased on runs (organization_id) where lease_expires_at is not null;

create table run_events (
  organization_id text not null,
  run_id text not null,
  seq integer not null,
  at timestamptz not null default now(),
  data jsonb not null,
  primary key (run_id, seq),
  foreign key (organization_id, run_id) references runs (organization_id, id)
);

create table findings (
  id text primary key,
  organization_id text not null,
  run_id text not null,
  position integer not null,
  claim text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  nodes jsonb not null,
  execution_ids uuid[] not null check (cardinality(execution_ids) > 0),
  created_at timestamptz not null default now(),
  unique (run_id, position),
  foreign key (organization_id, run_id) references runs (organization_id, id)
);

-- What the gate said to each command of a run.
create table policy_decisions (
  id text primary key,
  organization_id text not null,
  run_id text not null,
  step text not null,
  command text not null,
  shell text not null,
  decision text not null check (decision in ('allow', 'require_approval', 'deny')),
  effects jsonb not null,
  reasons jsonb not null,
  -- The rules it comes from, and how many people besides the requester they ask for.
  rules jsonb not null default '[]',
  approvers integer not null default 0 check (approvers between 0 and 2),
  created_at timestamptz not null default now(),
  unique (run_id, step),
  foreign key (organization_id, run_id) references runs (organization_id, id)
);

create table approvals (
  id text primary key,
  organization_id text not null,
  run_id text not null,
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'expired', 'void')),
  action jsonb not null,
  action_digest text not null,
  effects jsonb not null,
  reasons jsonb not null,
  requested_by text not null,
  requested_by_name text not null,
  -- How many people besides the requester have to approve, and whether each needs a passkey for it.
  approvers_required integer not null default 1 check (approvers_required between 1 and 2),
  passkey_required boolean not null default false,
  -- Whose decision ended it; approval_decisions has all of them.
  decided_by text,
  decided_by_name text,
  reason text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  -- Single use: set by the dispatch that rests on it.
  used_at timestamptz,
  unique (organization_id, id),
  foreign key (organization_id, run_id) references runs (organization_id, id)
);
create index approvals_recent on approvals (organization_id, created_at desc, id desc);
create index approvals_pending on approvals (expires_at) where status = 'pending';

-- What a passkey signed, for who decided with one. The satellite verifies it; here it is kept as it came.
create table approval_assertions (
  organization_id text not null,
  approval_id text not null,
  decided_by text not null,
  assertion jsonb not null,
  created_at timestamptz not null default now(),
  primary key (approval_id, decided_by),
  foreign key (organization_id, approval_id) references approvals (organization_id, id)
);

-- One row a person: nobody counts twice.
create table approval_decisions (
  organization_id text not null,
  approval_id text not null,
  decided_by text not null,
  decided_by_name text not null,
  -- The API key it was decided with, as it was called then: id and name.
  decided_key jsonb,
  decision text not null check (decision in ('approve', 'reject')),
  reason text,
  decided_at timestamptz not null default now(),
  primary key (approval_id, decided_by),
  foreign key (organization_id, approval_id) references approvals (organization_id, id)
);

-- What an organization lets happen: Cedar texts. Beside them SENA's default rules hold, which are code -------------------------

create table policies (
  organization_id text not null references organizations,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  text text not null,
  version integer not null check (version > 0),
  updated_by text not null,
  updated_by_name text not null,
  updated_at timestamptz not null default now(),
  primary key (organization_id, name)
);

-- Every text that ever held. A null text: it was deleted then.
create table policy_versions (
  organization_id text not null references organizations,
  name text not null,
  version integer not null,
  text text,
  changed_by text not null,
  changed_by_name text not null,
  changed_at timestamptz not null default now(),
  primary key (organization_id, name, version)
);

-- Dispatches: a command to a set of nodes through one satellite -----------------------------------------------------------

create table dispatches (
  id text primary key,
  organization_id text not null,
  run_id text not null,
  step text not null,
  -- Null: no satellite is enrolled at the site of these nodes; such a dispatch is closed in the transaction that writes it.
  satellite_id text,
  assignment_epoch integer not null default 1,
  approval_id text,
  shell text not null,
  command text not null,
  command_sha256 text not null,
  environment jsonb not null default '{}',
  limits jsonb not null,
  read_only boolean not null,
  not_before timestamptz not null default now(),
  expires_at timestamptz not null,
  traceparent text,
  total integer not null,
  -- Executions without an outcome. The writer of results counts it down; at zero it wakes the run.
  pending integer not null check (pending >= 0),
  created_at timestamptz not null default now(),
  -- Set in a transaction before the frame leaves: what has sent_at may have arrived. Sent again, it is set again.
  sent_at timestamptz,
  sent_epoch bigint,
  -- The satellite has journaled it.
  acked_at timestamptz,
  -- Its satellite was gone: its executions were given to others, under the next assignment epoch, by reassign_dispatch. What
  -- was sent is never superseded, and what is superseded can't be marked as sent.
  superseded_at timestamptz,
  unique (organization_id, id),
  constraint dispatches_superseded_unsent check (superseded_at is null or (sent_at is null and pending = 0)),
  foreign key (organization_id, run_id) references runs (organization_id, id),
  foreign key (organization_id, satellite_id) references satellites (organization_id, id),
  foreign key (organization_id, approval_id) references approvals (organization_id, id)
);
create index dispatches_run on dispatches (run_id, organization_id);
-- A step is written once. Later assignments may meet at one satellite: it takes over from two that are gone.
create unique index dispatches_first_assignment on dispatches (run_id, step, satellite_id) nulls not distinct where assignment_epoch = 1;
create index dispatches_waiting on dispatches (satellite_id, created_at) where pending > 0;

-- Written by the signer alone.
create table dispatch_envelopes (
  dispatch_id text primary key,
  organization_id text not null,
  key_id text not null,
  jws text not null,
  signed_at timestamptz not null default now(),
  foreign key (organization_id, dispatch_id) references dispatches (organization_id, id)
);
-- Signed text of tens of KB in base64: what compressing it costs is more than what it saves.
alter table dispatch_envelopes alter column jws set storage external;

-- Its dispatch and its run are held against what there is by require_dispatches.
create table executions (
  id uuid primary key,
  organization_id text not null,
  run_id text not null,
  dispatch_id text not null,
  step text not null,
  node_id text not null,
  node_name text not null,
  -- The node as it was when the dispatch was written: what is approved and signed is this.
  address text not null,
  port integer not null,
  host_key text,
  run_as text not null,
  credential text not null,
  -- Where its output is kept: the month in which it was written.
  output_month date not null default date_trunc('month', now())::date,
  created_at timestamptz not null default now()
);
-- Not by the organization first, which every reader is bound to: with statistics from when there was less, one execution would be looked for
-- among all of its organization. With it behind the dispatch, that index is enough by itself.
create index executions_run on executions (run_id, step, node_name, id);
create index executions_dispatch on executions (dispatch_id, organization_id);

create table execution_starts (
  organization_id text not null,
  execution_id uuid not null references executions,
  attempt integer not null,
  started_at timestamptz not null,
  -- The node's boot under which its guard was started; null: it runs without one.
  boot_id text,
  primary key (execution_id, attempt)
);

-- A satellite is gone, and what it was sent has no outcome: another one of its site finds out what became of it, through the guards
-- on the nodes. Beside the dispatch, which stays its satellite's: an inquiry starts nothing, and both may be heard. It is open while
-- its dispatch has executions without an outcome, nobody has refused it, and it was journaled or may still arrive.
create table inquiries (
  id text primary key,
  organization_id text not null,
  dispatch_id text not null,
  -- Who finds out.
  satellite_id text not null,
  created_at timestamptz not null default now(),
  -- For its arrival.
  expires_at timestamptz not null,
  -- Written by the signer alone.
  key_id text,
  jws text,
  signed_at timestamptz,
  -- Set in a transaction before the frame leaves.
  sent_at timestamptz,
  sent_epoch bigint,
  -- The satellite has journaled it.
  acked_at timestamptz,
  -- By the signer, or by the satellite.
  refused_at timestamptz,
  check ((jws is null) = (signed_at is null) and (jws is null) = (key_id is null)),
  foreign key (organization_id, dispatch_id) references dispatches (organization_id, id),
  foreign key (organization_id, satellite_id) references satellites (organization_id, id)
);
create index inquiries_dispatch on inquiries (dispatch_id, satellite_id);
create index inquiries_waiting on inquiries (satellite_id) where acked_at is null and refused_at is null;

-- Append-only: one row a revision. Revision 0 is the cloud's own word; a satellite's begin at 1. The highest one counts. Its execution is
-- held against what there is by require_executions.
create table outcomes (
  organization_id text not null,
  execution_id uuid not null,
  run_id text not null,
  revision integer not null check (revision >= 0),
  attempt integer not null,
  -- The satellite that said so, its own or one that was asked; null: the cloud.
  reporter text,
  kind text not null check (kind in ('exited', 'not_started', 'unknown')),
  -- SSH carries 32 bits without a sign.
  exit_code bigint,
  signal text,
  reason text,
  detail text,
  started_at timestamptz,
  duration_ms integer,
  stdout_bytes bigint not null default 0,
  stderr_bytes bigint not null default 0,
  stdout_kept_bytes bigint not null default 0,
  stderr_kept_bytes bigint not null default 0,
  stdout_sha256 text,
  stderr_sha256 text,
  group_hash text not null,
  -- How it ran, by its reporter's word.
  mode text check (mode in ('direct', 'guarded', 'plain')),
  -- The whole kept stream where it is at most 4 KiB; null: it is in output_chunks.
  stdout_inline bytea check (octet_length(stdout_inline) <= 4096),
  stderr_inline bytea check (octet_length(stderr_inline) <= 4096),
  -- What was masked in its output before it left the satellite: by stream, where and why, and the hash of what the node wrote. Null: nothing.
  redaction jsonb,
  recorded_at timestamptz not null default now(),
  -- The audit event whose Merkle root covers this row.
  audit_event_id text not null,
  primary key (execution_id, revision)
);

-- How much of each stream is committed, so that bytes sent twice are stored once.
create table output_streams (
  organization_id text not null,
  execution_id uuid not null references executions,
  attempt integer not null,
  stream text not null check (stream in ('stdout', 'stderr')),
  committed_bytes bigint not null,
  primary key (execution_id, attempt, stream)
);

create table output_chunks (
  organization_id text not null,
  output_month date not null,
  execution_id uuid not null,
  attempt integer not null,
  stream text not null check (stream in ('stdout', 'stderr')),
  byte_offset bigint not null,
  data bytea not null check (octet_length(data) <= 262144),
  primary key (output_month, execution_id, attempt, stream, byte_offset)
) partition by range (output_month);

-- Outbox: doorbells that must ring. Written with their cause, deleted once the queue has the job -------------------------

create table outbox (
  id bigint generated always as identity primary key,
  organization_id text not null,
  job text not null,
  run_id text not null,
  traceparent text,
  created_at timestamptz not null default now(),
  foreign key (organization_id, run_id) references runs (organization_id, id)
);

-- Idempotency, knowledge, models --------------------------------------------------------------------------------------------

create table idempotency_keys (
  organization_id text not null references organizations,
  key text not null,
  principal text not null,
  body_sha256 text not null,
  -- What is given again: no secret. Null while the first request is under way.
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (organization_id, principal, key)
);

-- Runbooks without an organization are SENA's own: every organization reads them, none writes them.
create table runbooks (
  id bigint generated always as identity primary key,
  organization_id text references organizations,
  slug text not null,
  title text not null,
  description text not null,
  questions text[] not null,
  commands text[] not null,
  keywords text not null,
  search tsvector not null,
  unique nulls not distinct (organization_id, slug)
);
create index runbooks_search on runbooks using gin (search);

create table model_calls (
  id text primary key,
  organization_id text not null references organizations,
  run_id text,
  tier text not null check (tier in ('fast', 'smart', 'private')),
  provider text not null,
  model text not null,
  status text not null check (status in ('succeeded', 'failed')),
  prompt_tokens integer not null default 0,
  completion_tokens integer not null default 0,
  duration_ms integer not null,
  error text,
  created_at timestamptz not null default now()
);
create index model_calls_recent on model_calls (organization_id, created_at desc);

-- Dispatch keys: the public half for everyone of the organization, the private half (encrypted) for the signer ---------------

create table dispatch_keys (
  id text primary key,
  organization_id text not null references organizations,
  public_key text not null,
  fingerprint text not null,
  -- Of the statement that made it the newest; the first key has 1, and no statement.
  sequence bigint not null default 1,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  unique (organization_id, id)
);

-- What the keys say of each other, in one line from the first key: which one comes next, signed by the one before it; which one is no longer
-- to be believed, signed by the newest. Satellites follow it from the key that they have pinned.
create table dispatch_key_statements (
  organization_id text not null,
  sequence bigint not null check (sequence > 1),
  kind text not null check (kind in ('succession', 'retirement')),
  key_id text not null,
  jws text not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, sequence),
  foreign key (organization_id, key_id) references dispatch_keys (organization_id, id)
);

-- What a member asks of the signer about them.
create table dispatch_key_requests (
  id text primary key,
  organization_id text not null references organizations,
  kind text not null check (kind in ('rotation', 'retirement')),
  -- Of a retirement: which one. Of a rotation, once it is done: the new one.
  key_id text,
  requested_by text not null,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  -- Why it was not done.
  refusal text
);
create index dispatch_key_requests_waiting on dispatch_key_requests (created_at) where done_at is null;

create table dispatch_private_keys (
  dispatch_key_id text primary key references dispatch_keys,
  organization_id text not null,
  ciphertext bytea not null,
  created_at timestamptz not null default now()
);

-- Audit -------------------------------------------------------------------------------------------------------------------

create table audit_events (
  id text primary key,
  organization_id text not null,
  at timestamptz not null default now(),
  action text not null,
  actor text not null,
  subject text not null,
  run_id text,
  data jsonb not null default '{}'
);
create index audit_events_recent on audit_events (organization_id, at desc, id desc);
create index audit_events_run on audit_events (organization_id, run_id) where run_id is not null;

-- Rows that the sealer has not numbered yet.
create table audit_unsealed (
  organization_id text not null,
  event_id text primary key references audit_events
);

create table audit_seals (
  organization_id text not null,
  seq bigint not null,
  event_id text not null unique references audit_events,
  event_sha256 text not null,
  previous_hash text not null,
  hash text not null,
  sealed_at timestamptz not null default now(),
  primary key (organization_id, seq)
);

-- What vouches for the chain. A checkpoint says, under the signer's own key for it, which tree the first `size` seals make; whoever
-- rewrites what lies before it is found out. `subtrees`: whole subtrees of that tree, largest first, for the next one to go on from.
create table checkpoint_keys (
  id text primary key,
  organization_id text not null references organizations,
  public_key text not null,
  fingerprint text not null,
  -- In which the newest dispatch key names it, and which key that is.
  certificate text not null,
  certified_by text,
  created_at timestamptz not null default now(),
  unique (organization_id, id)
);

create table checkpoint_private_keys (
  checkpoint_key_id text primary key references checkpoint_keys,
  organization_id text not null,
  ciphertext bytea not null,
  created_at timestamptz not null default now()
);

create table audit_checkpoints (
  organization_id text not null,
  size bigint not null,
  root text not null,
  head_hash text not null,
  at timestamptz not null,
  key_id text not null,
  signature text not null,
  subtrees text[] not null,
  primary key (organization_id, size),
  foreign key (organization_id, key_id) references checkpoint_keys (organization_id, id)
);

-- Roots over 256 seals each, so that a proof between two sizes reads few rows: number n is over those after 256 n.
create table audit_tree (
  organization_id text not null,
  n bigint not null,
  hash text not null,
  primary key (organization_id, n)
);

create table audit_cosignatures (
  organization_id text not null,
  size bigint not null,
  satellite_id text not null,
  public_key text not null,
  at timestamptz not null,
  signature text not null,
  primary key (organization_id, satellite_id, size),
  foreign key (organization_id, size) references audit_checkpoints (organization_id, size),
  foreign key (organization_id, satellite_id) references satellites (organization_id, id)
);
create index audit_cosignatures_size on audit_cosignatures (organization_id, size);

-- A satellite that refuses to sign: what it was told does not follow from what it saw.
create table audit_refusals (
  organization_id text not null,
  satellite_id text not null,
  size bigint not null,
  code text not null,
  message text not null,
  seen_size bigint not null,
  at timestamptz not null default now(),
  primary key (organization_id, satellite_id),
  foreign key (organization_id, satellite_id) references satellites (organization_id, id)
);

-- Where records are sent as they are sealed, each at least once and in order. `cursor`: what was taken over there.
create table audit_sinks (
  id text primary key,
  organization_id text not null references organizations,
  kind text not null check (kind in ('webhook', 'syslog')),
  address text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  cursor bigint not null default 0,
  delivered_at timestamptz,
  failures integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  unique (organization_id, address)
);
create index audit_sinks_due on audit_sinks (next_attempt_at);

create function mark_audit_event_unsealed() returns trigger language plpgsql security definer set search_path = sena, pg_temp as $$
begin
  insert into audit_unsealed (organization_id, event_id) values (new.organization_id, new.id);
  return null;
end $$;
create trigger audit_event_unsealed after insert on audit_events for each row execute function mark_audit_event_unsealed();

-- An event leaves the list by being sealed, and in no other way.
create function unmark_sealed_events() returns trigger language plpgsql security definer set search_path = sena, pg_temp as $$
begin
  delete from audit_unsealed u using sealed s where u.event_id = s.event_id and u.organization_id = s.organization_id;
  return null;
end $$;
create trigger audit_events_sealed after insert on audit_seals referencing new table as sealed for each statement execute function unmark_sealed_events();

-- What comes by the thousand refers to what it belongs to without a foreign key, which would look at each row for itself, and lock and
-- rewrite the one that it names: it is looked at a statement at a time. What is named never goes and never gets another name, so that
-- what was there once is there. Each is looked for by its key: joined freely, a table that has outgrown its statistics is read whole for each.
create function require_dispatches() returns trigger language plpgsql set search_path = sena, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if exists (
    select from (select distinct organization_id, run_id, dispatch_id from written) w left join lateral (
      select d.organization_id, d.run_id from dispatches d where d.id = w.dispatch_id limit 1
    ) d on true where (d.organization_id, d.run_id) is distinct from (w.organization_id, w.run_id)
  ) then raise exception 'executions name a dispatch that their run does not have' using errcode = '23503'; end if;
  return null;
end $$;
create trigger executions_written after insert on executions referencing new table as written
  for each statement execute function require_dispatches();
create trigger executions_moved after update on executions referencing new table as written
  for each statement execute function require_dispatches();

create function require_executions() returns trigger language plpgsql set search_path = sena, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if exists (
    select from written w left join lateral (
      select e.organization_id, e.run_id from executions e where e.id = w.execution_id limit 1
    ) e on true where (e.organization_id, e.run_id) is distinct from (w.organization_id, w.run_id)
  ) then raise exception 'outcomes name an execution that their run does not have' using errcode = '23503'; end if;
  return null;
end $$;
create trigger outcomes_written after insert on outcomes referencing new table as written
  for each statement execute function require_executions();

create function refuse_removal() returns trigger language plpgsql as $$
begin
  raise exception '% are referred to: they stay, under the names they have', tg_table_name using errcode = '42501';
end $$;
create trigger dispatches_stay before delete or truncate or update of id, organization_id, run_id on dispatches
  for each statement execute function refuse_removal();
create trigger executions_stay before delete or truncate or update of id, organization_id, run_id on executions
  for each statement execute function refuse_removal();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = '42501';
end $$;
create trigger audit_events_append_only before update or delete or truncate on audit_events for each statement execute function refuse_change();
create trigger audit_seals_append_only before update or delete or truncate on audit_seals for each statement execute function refuse_change();
create trigger audit_checkpoints_append_only before update or delete or truncate on audit_checkpoints for each statement execute function refuse_change();
create trigger audit_tree_append_only before update or delete or truncate on audit_tree for each statement execute function refuse_change();
create trigger audit_cosignatures_append_only before update or delete or truncate on audit_cosignatures for each statement execute function refuse_change();
create trigger outcomes_append_only before update or delete or truncate on outcomes for each statement execute function refuse_change();
create trigger approval_decisions_append_only before update or delete or truncate on approval_decisions for each statement execute function refuse_change();
create trigger policy_versions_append_only before update or delete or truncate on policy_versions for each statement execute function refuse_change();
create trigger approval_assertions_append_only before update or delete or truncate on approval_assertions for each statement execute function refuse_change();
create trigger dispatch_key_statements_append_only before update or delete or truncate on dispatch_key_statements for each statement execute function refuse_change();
create trigger satellite_key_changes_append_only before update or delete or truncate on satellite_key_changes for each statement execute function refuse_change();
create trigger run_events_append_only before update or delete or truncate on run_events for each statement execute function refuse_change();

-- Row-level security: forced, on every table ------------------------------------------------------------------------------

do $$
declare t text;
begin
  for t in select tablename from pg_tables where schemaname = 'sena' and tablename not in ('_prisma_migrations', 'runbooks') loop
    execute format('alter table sena.%I enable row level security', t);
    execute format('alter table sena.%I force row level security', t);
    execute format('create policy organization_rows on sena.%I using (organization_id = sena.current_organization()) with check (organization_id = sena.current_organization())', t);
  end loop;
end $$;
alter table runbooks enable row level security;
alter table runbooks force row level security;
create policy organization_rows on runbooks
  using (organization_id = current_organization() or (organization_id is null and current_organization() is not null))
  with check (organization_id = current_organization());

-- Who may do what ----------------------------------------------------------------------------------------------------------

grant usage on schema sena to sena_app, sena_relay, sena_signer, sena_definer, sena_organization_definer, sena_checkpoint;
grant execute on function current_organization() to public;

grant select on organizations, sites, satellites, join_tokens, nodes, runs, run_events, findings, policy_decisions, approvals, approval_decisions,
  policies, policy_versions, dispatches, executions, execution_starts, outcomes, output_streams, output_chunks, outbox, idempotency_keys, runbooks, model_calls, dispatch_keys,
  dispatch_key_statements, dispatch_key_requests, satellite_key_changes, audit_events, audit_unsealed, audit_seals, checkpoint_keys, audit_checkpoints, audit_cosignatures, audit_refusals, audit_sinks to sena_app;
grant select (id, organization_id, dispatch_id, satellite_id, created_at, expires_at, signed_at, sent_at, acked_at, refused_at) on inquiries to sena_app;
grant insert (id, organization_id, dispatch_id, satellite_id, expires_at) on inquiries to sena_app;
grant insert on organizations, sites, satellites, join_tokens, nodes, runs, run_events, findings, policy_decisions, approvals, approval_decisions,
  policies, policy_versions, dispatches, executions, outcomes, outbox, idempotency_keys, runbooks, model_calls, audit_events, audit_seals, audit_sinks to sena_app;
grant update (cursor, delivered_at, failures, last_error, next_attempt_at) on audit_sinks to sena_app;
grant insert (id, organization_id, kind, key_id, requested_by) on dispatch_key_requests to sena_app;
grant update (name) on organizations to sena_app;
grant update (name, running_max) on sites to sena_app;
grant update (revoked_at, relay_id, connected_at, locked_at, lock, session_token, pending_token) on satellites to sena_app;
grant update (used_at, used_by_satellite_id) on join_tokens to sena_app;
grant update (name, address, port, run_as, credential, host_key, labels) on nodes to sena_app;
grant update (status, version, reason, planner, answer, usage, last_event_seq, execution_count, exited_zero_count, exited_nonzero_count, not_started_count, unknown_count,
  cancel_requested_at, stop_requested, wake_count, handled_count, wanted_at, failures,
  lease_owner, lease_epoch, lease_expires_at, started_at, finished_at) on runs to sena_app;
grant update (status, decided_by, decided_by_name, reason, decided_at, used_at) on approvals to sena_app;
grant update (pending) on dispatches to sena_app;
grant update (text, version, updated_by, updated_by_name, updated_at) on policies to sena_app;
grant update (response) on idempotency_keys to sena_app;
grant delete on outbox, idempotency_keys to sena_app;
grant delete on nodes, policies, audit_sinks to sena_app;
grant select, insert on approval_assertions to sena_app;

grant select on satellites, runs, dispatches, dispatch_envelopes, executions, execution_starts, outcomes, output_streams, output_chunks, outbox,
  inquiries, audit_seals, checkpoint_keys, audit_checkpoints, audit_tree, audit_cosignatures, audit_refusals, dispatch_key_statements to sena_relay;
grant select (id, organization_id, running_max) on sites to sena_relay;
grant insert on audit_cosignatures, audit_refusals to sena_relay;
grant update on audit_refusals to sena_relay;
grant delete on audit_refusals to sena_relay;
grant insert on run_events, execution_starts, outcomes, output_streams, output_chunks, outbox, audit_events to sena_relay;
grant update (version, journal_id, passkeys_to_change, dispatch_key_id, session_counter, session_token, pending_token, remote_address, locked_at, lock,
  site_share, relay_id, connection_epoch, connected_at, last_seen_at) on satellites to sena_relay;
grant update (last_event_seq, wake_count, wanted_at, exited_zero_count, exited_nonzero_count, not_started_count, unknown_count) on runs to sena_relay;
grant update (pending, sent_at, sent_epoch, acked_at) on dispatches to sena_relay;
grant update (sent_at, sent_epoch, acked_at, refused_at) on inquiries to sena_relay;
grant update (committed_bytes) on output_streams to sena_relay;
grant delete on outbox to sena_relay;

grant select on organizations, runs, policy_decisions, approvals, approval_decisions, policies, dispatches, dispatch_envelopes, executions, satellites, dispatch_keys, dispatch_private_keys,
  outcomes, output_streams, outbox, execution_starts, inquiries, audit_seals, checkpoint_keys, checkpoint_private_keys, audit_checkpoints,
  dispatch_key_statements, dispatch_key_requests to sena_signer;
-- What rules ask of a node, and no address or credential.
grant select (id, organization_id, site_id, labels) on nodes to sena_signer;
grant select (id, organization_id, name) on sites to sena_signer;
grant insert on checkpoint_keys, checkpoint_private_keys, audit_checkpoints, audit_tree to sena_signer;
grant insert on dispatch_envelopes, dispatch_keys, dispatch_private_keys, dispatch_key_statements, outcomes, run_events, outbox, audit_events to sena_signer;
-- What waits is signed again when its key is retired; private keys are sealed again when the master key is another one.
grant update (key_id, jws) on dispatch_envelopes to sena_signer;
grant update (retired_at) on dispatch_keys to sena_signer;
grant update (ciphertext) on dispatch_private_keys, checkpoint_private_keys to sena_signer;
grant delete on dispatch_private_keys to sena_signer;
grant update (certificate, certified_by) on checkpoint_keys to sena_signer;
grant update (key_id, done_at, refusal) on dispatch_key_requests to sena_signer;
grant update (last_event_seq, wake_count, wanted_at, exited_zero_count, exited_nonzero_count, not_started_count, unknown_count) on runs to sena_signer;
grant update (pending) on dispatches to sena_signer;
grant update (used_at) on approvals to sena_signer;
grant select on approval_assertions to sena_signer;
grant update (key_id, jws, signed_at, refused_at) on inquiries to sena_signer;
grant delete on outbox to sena_signer;

-- The listed functions that look across organizations. They return ids; whoever calls them then sets the organization. -----

grant create on schema sena to sena_definer;
-- What they look for, and what they return: whoever mistakes one of them tells ids, times and hashes, and but for runbooks no word of anybody's.
grant select (id, organization_id, status, start_at, traceparent, cancel_requested_at, wake_count, handled_count, wanted_at, failures,
  lease_owner, lease_epoch, lease_expires_at) on runs to sena_definer;
grant update (failures, lease_owner, lease_epoch, lease_expires_at) on runs to sena_definer;
grant select (id, organization_id, site_id, public_key, fingerprint, relay_id, connection_epoch, last_seen_at, revoked_at, locked_at) on satellites to sena_definer;
-- To hold a row needs the right to change a column of it.
grant update (last_seen_at) on satellites to sena_definer;
grant select (id, organization_id, run_id, satellite_id, approval_id, limits, read_only, not_before, expires_at, traceparent, pending, created_at,
  sent_at, sent_epoch, acked_at, superseded_at) on dispatches to sena_definer;
grant update (sent_at, sent_epoch) on dispatches, inquiries to sena_definer;
grant select (id, organization_id, dispatch_id, satellite_id, created_at, expires_at, signed_at, sent_at, sent_epoch, acked_at, refused_at) on inquiries to sena_definer;
grant select (organization_id, running_max) on sites to sena_definer;
grant select (former_public_key) on satellite_key_changes to sena_definer;
grant select (dispatch_id) on dispatch_envelopes to sena_definer;
grant select (id, organization_id, job, run_id, traceparent, created_at) on outbox to sena_definer;
grant select (id, organization_id, status, expires_at) on approvals to sena_definer;
grant select (organization_id, retired_at) on dispatch_keys to sena_definer;
grant select (id, organization_id, created_at, done_at) on dispatch_key_requests to sena_definer;
grant select (organization_id) on dispatch_private_keys to sena_definer;
grant select (id, organization_id, token_hash) on join_tokens to sena_definer;
grant select (organization_id, created_at) on idempotency_keys to sena_definer;
grant select (organization_id, seq, sealed_at) on audit_seals to sena_definer;
grant select (organization_id, size) on audit_checkpoints to sena_definer;
grant select (id, organization_id, next_attempt_at, cursor) on audit_sinks to sena_definer;
grant select (organization_id) on organizations to sena_definer;
grant select on audit_unsealed to sena_definer;
grant insert on audit_unsealed, organizations, audit_events to sena_definer;
grant insert, update, select on runbooks to sena_definer;
grant delete on runbooks, idempotency_keys, audit_unsealed to sena_definer;

-- Those that are about the organization that is set do what their callers may not, and see no more of others than they do: row-level security
-- holds inside them, whatever they filter by.
grant create on schema sena to sena_organization_definer;
grant select on runs, satellites, dispatches, executions to sena_organization_definer;
grant update (pending, superseded_at) on dispatches to sena_organization_definer;
grant update (dispatch_id) on executions to sena_organization_definer;
grant update (public_key, fingerprint) on satellites to sena_organization_definer;
grant insert on dispatches, satellite_key_changes to sena_organization_definer;

-- Hands out the next run, to the organization with the fewest under way; within it the one that has waited longest. A candidate
-- that another claimer has just locked is passed over: there are more of them than claimers. A lease that ended while it had an
-- owner counts as a failure: whoever held it died, hung or lost the database, perhaps of this run.
create function claim_next_run(worker text, lease_ms integer)
returns table (organization_id text, run_id text, wake_count integer, lease_epoch integer, failures integer)
language plpgsql security definer set search_path = sena, pg_temp as $$
#variable_conflict use_column
declare candidate text;
begin
  for candidate in
    with wanted as (
      select distinct r.organization_id from runs r
      where r.wake_count > r.handled_count and (r.lease_expires_at is null or r.lease_expires_at < now())
    ), busy as (
      select r.organization_id, count(*) as under_way from runs r where r.lease_expires_at > now() group by 1
    )
    select first_of.id from wanted w
      left join busy b on b.organization_id = w.organization_id
      cross join lateral (
        select r.id, r.wanted_at from runs r
        where r.organization_id = w.organization_id and r.wake_count > r.handled_count
          and (r.lease_expires_at is null or r.lease_expires_at < now())
        order by r.wanted_at limit 64
      ) first_of
    order by coalesce(b.under_way, 0), first_of.wanted_at
  loop
    return query
      update runs r set lease_owner = worker, lease_epoch = r.lease_epoch + 1, lease_expires_at = now() + lease_ms * interval '1 millisecond',
        failures = r.failures + case when r.lease_owner is null then 0 else 1 end
      where r.id = (
        select c.id from runs c
        where c.id = candidate and c.wake_count > c.handled_count and (c.lease_expires_at is null or c.lease_expires_at < now())
        for update skip locked
      )
      returning r.organization_id, r.id, r.wake_count, r.lease_epoch, r.failures;
    if found then return; end if;
  end loop;
end $$;

-- Whether this lease is held. Asked in the transaction that writes a checkpoint: until it ends, nobody is given the run by `claim_next_run`,
-- which passes over what is locked. Results are recorded all the same.
create function hold_run_lease(run text, epoch integer) returns boolean
language plpgsql security definer set search_path = sena, pg_temp as $$
begin
  perform from runs r where r.id = run and r.lease_epoch = epoch and r.lease_expires_at > clock_timestamp() for key share;
  return found;
end $$;

-- Runs that have waited longer than `older_ms` with no worker: for the sweeper.
create function runs_to_ring(older_ms integer, at_most integer) returns table (organization_id text, run_id text, traceparent text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id, traceparent from runs
  where wake_count > handled_count and wanted_at < now() - older_ms * interval '1 millisecond'
    and (lease_expires_at is null or lease_expires_at < now())
  order by wanted_at limit at_most
$$;

-- Runs whose time has come, that nobody was woken for yet and nobody works on. Whoever wakes them counts up, and they are not here again.
create function runs_to_start(at_most integer) returns table (organization_id text, run_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id from runs
  where status = 'scheduled' and start_at <= now() and wake_count = handled_count
    and (lease_expires_at is null or lease_expires_at < now())
  order by start_at limit at_most
$$;

create function outbox_to_ring(older_ms integer, at_most integer)
returns table (organization_id text, outbox_id bigint, job text, run_id text, traceparent text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id, job, run_id, traceparent from outbox
  where created_at < now() - older_ms * interval '1 millisecond' order by id limit at_most
$$;

-- Round-robin over organizations: what can't be signed for one of them does not hold up the others. What a revoked satellite was
-- to read waits for another one; what was approved for it can't, and its signer says so.
create function dispatches_to_sign(at_most integer)
returns table (organization_id text, dispatch_id text, run_id text, traceparent text)
language sql security definer set search_path = sena, pg_temp as $$
  select d.organization_id, d.id, d.run_id, d.traceparent from dispatches d join satellites s on s.id = d.satellite_id
  where d.pending > 0 and d.sent_at is null and d.superseded_at is null and (s.revoked_at is null or d.approval_id is not null)
    and not exists (select from dispatch_envelopes e where e.dispatch_id = d.id)
  order by row_number() over (partition by d.organization_id order by d.created_at, d.id), d.created_at limit at_most
$$;

create function organizations_without_dispatch_key() returns table (organization_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select o.organization_id from organizations o
  where not exists (select from dispatch_keys k where k.organization_id = o.organization_id and k.retired_at is null)
$$;

create function dispatch_key_requests_waiting() returns table (organization_id text, request_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id from dispatch_key_requests where done_at is null order by created_at, id limit 100
$$;

create function organizations_with_private_keys() returns table (organization_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select distinct organization_id from dispatch_private_keys
$$;

create function satellite_by_fingerprint(satellite_fingerprint text)
returns table (organization_id text, satellite_id text, site_id text, revoked boolean, locked boolean)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id, site_id, revoked_at is not null, locked_at is not null from satellites where fingerprint = satellite_fingerprint
$$;

-- Has any satellite, of whichever organization, this key, or has it had it? Asked by change_satellite_key alone.
create function satellite_key_is_known(key text) returns boolean language sql stable security definer set search_path = sena, pg_temp as $$
  select exists (select from satellite_key_changes where former_public_key = key) or exists (select from satellites where public_key = key)
$$;

-- For the relay, which has verified that both keys have signed it: it may not write keys by itself. `same`: it has that key already, and the
-- answer was lost. `refused`: the satellite has another key by now, or another connection, or the new key is not new.
create function change_satellite_key(satellite text, epoch bigint, former_key text, new_key text, new_fingerprint text, signatures jsonb)
returns text language plpgsql security definer set search_path = sena, pg_temp as $$
begin
  if exists (select from satellites where id = satellite and organization_id = current_organization() and public_key = new_key) then
    return 'same';
  end if;
  if satellite_key_is_known(new_key) then
    return 'refused';
  end if;
  update satellites set public_key = new_key, fingerprint = new_fingerprint
  where id = satellite and organization_id = current_organization() and connection_epoch = epoch and public_key = former_key
    and revoked_at is null and locked_at is null;
  if not found then
    return 'refused';
  end if;
  insert into satellite_key_changes (organization_id, satellite_id, former_public_key, public_key, proof)
  values (current_organization(), satellite, former_key, new_key, signatures);
  return 'changed';
end $$;

create function join_token_organization(hash text) returns table (organization_id text, join_token_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id from join_tokens where token_hash = hash
$$;

-- Signed dispatches for satellites this relay holds: marks them sent, returns their ids. `epochs` are the connection epochs under
-- which the relay holds them; a satellite held by another relay meanwhile is passed over. Round-robin over organizations, each
-- one's oldest first. A satellite with `window_executions` under way gets no more, except one dispatch that is larger than the
-- window itself. What was sent and not journaled within `resend_ms` is sent again (`again`): the satellite's journal runs it once.
-- `fenced` holds the satellites' rows until the commit: a connect to another relay comes before, and then nothing is given out, or
-- after, and then its reconciliation sees what was. Whatever changed since the first look is looked at again under the lock.
create function claim_dispatches(
  relay text, held_satellites text[], epochs bigint[], window_executions integer, resend_ms integer, at_most integer
) returns table (organization_id text, dispatch_id text, satellite_id text, again boolean)
language sql security definer set search_path = sena, pg_temp as $$
  with held as (
    -- Each by its key: joined freely, all are met with all until there are statistics.
    select h.satellite_id, h.epoch from unnest(held_satellites, epochs) as h (satellite_id, epoch) cross join lateral (
      select from satellites s where s.id = h.satellite_id
        and s.connection_epoch = h.epoch and s.relay_id = relay and s.revoked_at is null limit 1
    ) still
  ), waiting as (
    select d.id, d.organization_id, d.satellite_id, d.created_at, d.pending, d.sent_at, h.epoch
    from held h join dispatches d on d.satellite_id = h.satellite_id
    where d.pending > 0 and d.superseded_at is null and d.not_before <= now() and d.expires_at > now()
      and (d.sent_at is null or (d.acked_at is null and d.sent_at < now() - resend_ms * interval '1 millisecond'))
      and exists (select from dispatch_envelopes e where e.dispatch_id = d.id)
      and not exists (
        select from runs r where r.id = d.run_id
          and (r.cancel_requested_at is not null or r.status in ('succeeded', 'failed', 'cancelled'))
      )
  ), fenced as (
    select s.id from satellites s join held h on h.satellite_id = s.id
    where s.id in (select w.satellite_id from waiting w)
      and s.connection_epoch = h.epoch and s.relay_id = relay and s.revoked_at is null
    order by s.id for share of s
  ), under_way as (
    -- What waits for nodes that are away holds no place: the satellite has it on disk and works on other things.
    select d.satellite_id, coalesce(sum(d.pending) filter (where not d.limits ? 'nodeWaitMs'), 0) as executions from dispatches d
    where d.satellite_id in (select w.satellite_id from waiting w) and d.pending > 0 and d.sent_at is not null
    group by d.satellite_id
  ), fitting as (
    select w.*, coalesce(u.executions, 0)
        + sum(w.pending) filter (where w.sent_at is null) over (partition by w.satellite_id order by w.created_at, w.id) as filled,
      coalesce(u.executions, 0) = 0 and row_number() over (partition by w.satellite_id order by w.created_at, w.id) = 1 as alone
    from waiting w join fenced on fenced.id = w.satellite_id left join under_way u on u.satellite_id = w.satellite_id
  ), in_turn as (
    select f.id, f.epoch, f.created_at, row_number() over (partition by f.organization_id order by f.created_at, f.id) as turn
    from fitting f where f.sent_at is not null or f.alone or f.filled <= window_executions
  ), chosen as (
    select d.id, t.epoch, d.sent_at is not null as again from dispatches d join in_turn t on t.id = d.id
    where d.pending > 0 and d.superseded_at is null
      and (d.sent_at is null or (d.acked_at is null and d.sent_at < now() - resend_ms * interval '1 millisecond'))
    order by t.turn, t.created_at limit at_most for update of d skip locked
  )
  update dispatches d set sent_at = now(), sent_epoch = c.epoch from chosen c where d.id = c.id
  returning d.organization_id, d.id, d.satellite_id, c.again
$$;

-- Dispatches that were never sent and whose satellite is gone (its tunnel has ended, or it is revoked): those that another one,
-- connected at the same site, can take over; and those that nobody can, because they were approved for one that is revoked.
-- Round-robin over organizations.
create function dispatches_left_behind(at_most integer) returns table (organization_id text, dispatch_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select d.organization_id, d.id from satellites s join dispatches d on d.satellite_id = s.id
  where (s.relay_id is null or s.revoked_at is not null)
    and d.pending > 0 and d.sent_at is null and d.superseded_at is null and d.expires_at > now()
    and not exists (
      select from runs r where r.id = d.run_id
        and (r.cancel_requested_at is not null or r.status in ('succeeded', 'failed', 'cancelled'))
    )
    and case when d.approval_id is not null then s.revoked_at is not null else exists (
      select from satellites other where other.organization_id = s.organization_id and other.site_id = s.site_id and other.id <> s.id
        and other.relay_id is not null and other.revoked_at is null
    ) end
  order by row_number() over (partition by d.organization_id order by d.created_at, d.id), d.created_at limit at_most
$$;

-- The one door by which executions change their dispatch: each node of a dispatch that was never sent, and whose satellite is gone,
-- goes to a connected one of the same site (node_ids, satellite_ids, successor_ids in step: one successor a satellite), under the
-- next assignment epoch. In the same transaction the former dispatch is superseded: it can neither be signed nor sent any more.
-- No row: sent, closed, cancelled, approved for its satellite, its satellite is back, or a taker has left meanwhile. What was
-- sent does not move at all: another satellite may find out what became of it (inquiries).
create function reassign_dispatch(former_id text, node_ids text[], satellite_ids text[], successor_ids text[])
returns table (dispatch_id text, satellite_id text, satellite_name text, assignment_epoch integer, executions integer)
language plpgsql security definer set search_path = sena, pg_temp as $$
#variable_conflict use_column
declare former dispatches%rowtype;
begin
  select d.* into former from dispatches d join satellites s on s.id = d.satellite_id join runs r on r.id = d.run_id
  where d.id = former_id and d.organization_id = current_organization()
    and d.sent_at is null and d.superseded_at is null and d.pending = d.total and d.approval_id is null and d.expires_at > now()
    and (s.relay_id is null or s.revoked_at is not null)
    and r.cancel_requested_at is null and r.status not in ('succeeded', 'failed', 'cancelled')
  for update of d;
  if not found then return; end if;

  if exists (
    select from unnest(satellite_ids) as taker (id)
      left join satellites s on s.id = taker.id and s.relay_id is not null and s.revoked_at is null
        and (s.organization_id, s.site_id) = (select g.organization_id, g.site_id from satellites g where g.id = former.satellite_id)
    where s.id is null
  ) then return; end if;

  -- It keeps its place in the queue: the successor is as old as what it takes over. It is valid from now on: a satellite whose journal
  -- is younger than the question is not asked whether it ran before.
  insert into dispatches (id, organization_id, run_id, step, satellite_id, assignment_epoch, shell, command, command_sha256, environment,
    limits, read_only, not_before, expires_at, traceparent, total, pending, created_at)
  select t.successor_id, former.organization_id, former.run_id, former.step, t.satellite_id, former.assignment_epoch + 1, former.shell,
    former.command, former.command_sha256, former.environment, former.limits, former.read_only, greatest(former.not_before, now()),
    former.expires_at,
    former.traceparent, count(*), count(*), former.created_at
  from unnest(node_ids, satellite_ids, successor_ids) as t (node_id, satellite_id, successor_id)
    join executions e on e.dispatch_id = former.id and e.node_id = t.node_id
  group by t.successor_id, t.satellite_id;

  update executions e set dispatch_id = t.successor_id
  from unnest(node_ids, successor_ids) as t (node_id, successor_id)
  where e.dispatch_id = former.id and e.node_id = t.node_id;
  if exists (select from executions e where e.dispatch_id = former.id) then
    raise exception 'dispatch % has nodes that were given to nobody', former.id;
  end if;
  update dispatches d set pending = 0, superseded_at = now() where d.id = former.id;

  return query select d.id, d.satellite_id, s.name, d.assignment_epoch, d.total
    from dispatches d join satellites s on s.id = d.satellite_id
    where d.id = any(successor_ids) and d.organization_id = former.organization_id order by s.name;
end $$;

-- Dispatches that were sent, may have changed something, and whose satellite has been gone for `gone_ms`, while another one of its site
-- is connected that was not asked about them lately; and nobody who was asked is there. Round-robin over organizations.
create function dispatches_to_ask_about(gone_ms integer, at_most integer) returns table (organization_id text, dispatch_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select d.organization_id, d.id from satellites s join dispatches d on d.satellite_id = s.id
  where (s.relay_id is null or s.revoked_at is not null)
    and case when s.relay_id is null then s.last_seen_at else s.revoked_at end < now() - gone_ms * interval '1 millisecond'
    and d.pending > 0 and d.sent_at is not null and not d.read_only
    and exists (
      select from satellites other where other.organization_id = s.organization_id and other.site_id = s.site_id and other.id <> s.id
        and other.relay_id is not null and other.revoked_at is null
        and not exists (
          select from inquiries q where q.dispatch_id = d.id and q.satellite_id = other.id
            and (q.created_at > now() - interval '5 minutes' or (q.refused_at is null and (q.acked_at is not null or q.expires_at > now())))
        )
    )
    and not exists (
      select from inquiries q join satellites finder on finder.id = q.satellite_id
      where q.dispatch_id = d.id and q.refused_at is null and (q.acked_at is not null or q.expires_at > now())
        and finder.revoked_at is null
        and (finder.relay_id is not null or finder.last_seen_at > now() - gone_ms * interval '1 millisecond')
    )
  order by row_number() over (partition by d.organization_id order by d.created_at, d.id), d.created_at limit at_most
$$;

create function inquiries_to_sign(at_most integer)
returns table (organization_id text, inquiry_id text, run_id text, traceparent text)
language sql security definer set search_path = sena, pg_temp as $$
  select q.organization_id, q.id, d.run_id, d.traceparent from inquiries q join dispatches d on d.id = q.dispatch_id
  where q.signed_at is null and q.refused_at is null and q.acked_at is null and q.expires_at > now() and d.pending > 0
  order by row_number() over (partition by q.organization_id order by q.created_at, q.id), q.created_at limit at_most
$$;

-- Signed inquiries for satellites that this relay holds: marks them as sent, returns their ids. Fenced like claim_dispatches. What was
-- not journaled goes out again over every new connection, and over the same one after `resend_ms`. A cancelled run is found out too.
create function claim_inquiries(relay text, held_satellites text[], epochs bigint[], resend_ms integer, at_most integer)
returns table (organization_id text, inquiry_id text)
language sql security definer set search_path = sena, pg_temp as $$
  with waiting as (
    select q.id, q.satellite_id, h.epoch from unnest(held_satellites, epochs) as h (satellite_id, epoch)
      join inquiries q on q.satellite_id = h.satellite_id join dispatches d on d.id = q.dispatch_id
    where q.signed_at is not null and q.refused_at is null and q.acked_at is null and q.expires_at > now() and d.pending > 0
      and (q.sent_at is null or q.sent_epoch <> h.epoch or q.sent_at < now() - resend_ms * interval '1 millisecond')
  ), fenced as (
    select s.id, s.connection_epoch as epoch from satellites s
    where s.id in (select w.satellite_id from waiting w) and s.relay_id = relay and s.revoked_at is null
    order by s.id for share of s
  ), chosen as (
    select q.id, w.epoch from inquiries q join waiting w on w.id = q.id
      join fenced f on f.id = w.satellite_id and f.epoch = w.epoch
    where q.acked_at is null and q.refused_at is null order by q.id limit at_most for update of q skip locked
  )
  update inquiries q set sent_at = now(), sent_epoch = c.epoch from chosen c where q.id = c.id
  returning q.organization_id, q.id
$$;

create function approvals_to_expire(at_most integer) returns table (organization_id text, approval_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id from approvals where status = 'pending' and expires_at <= now() order by expires_at limit at_most
$$;

-- Dispatches past their validity with executions nobody has spoken for. What was sent may still run for as long as its timeout; while
-- another satellite finds out what became of it, that one has `asked_ms` more.
create function dispatches_to_expire(grace_ms integer, asked_ms integer, at_most integer)
returns table (organization_id text, dispatch_id text, was_sent boolean)
language sql security definer set search_path = sena, pg_temp as $$
  select d.organization_id, d.id, d.sent_at is not null from dispatches d
  where d.pending > 0 and d.expires_at < now() - case when d.sent_at is null then interval '0'
    else (grace_ms + (d.limits ->> 'timeoutMs')::bigint) * interval '1 millisecond' end
    and (d.sent_at is null or d.expires_at < now() - (grace_ms + asked_ms + (d.limits ->> 'timeoutMs')::bigint) * interval '1 millisecond'
      or not exists (
        select from inquiries q join satellites finder on finder.id = q.satellite_id
        where q.dispatch_id = d.id and q.refused_at is null and (q.acked_at is not null or q.expires_at > now())
          and finder.relay_id is not null and finder.revoked_at is null
      ))
  order by d.expires_at limit at_most
$$;

-- Satellites whose relay has stopped reporting them.
create function satellites_gone_silent(silent_ms integer)
returns table (organization_id text, satellite_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select organization_id, id from satellites where relay_id is not null and last_seen_at < now() - silent_ms * interval '1 millisecond'
$$;

-- For relays: whose tunnels have to close.
create function satellites_lately_closed(ago_ms integer) returns table (satellite_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select id from satellites where (revoked_at is not null or locked_at is not null)
    and greatest(revoked_at, locked_at) > now() - ago_ms * interval '1 millisecond'
$$;

-- For relays: where limits of sites have to be divided.
create function organizations_with_limited_sites() returns table (organization_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select distinct organization_id from sites where running_max is not null
$$;

create function organizations_to_seal() returns table (organization_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select distinct organization_id from audit_unsealed
$$;

-- Where `every_records` seals have no checkpoint over them yet, or one of them has waited `every_ms`.
create function organizations_to_checkpoint(every_records integer, every_ms integer) returns table (organization_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select o.organization_id from organizations o
    cross join lateral (
      select coalesce((select c.size from audit_checkpoints c where c.organization_id = o.organization_id order by c.size desc limit 1), 0) as size
    ) vouched
    join audit_seals next on next.organization_id = o.organization_id and next.seq = vouched.size + 1
  where next.sealed_at < now() - every_ms * interval '1 millisecond'
    or exists (select from audit_seals s where s.organization_id = o.organization_id and s.seq = vouched.size + every_records)
$$;

-- Sinks whose turn it is, and for which something is sealed that they have not taken.
create function audit_sinks_due(at_most integer) returns table (organization_id text, sink_id text)
language sql security definer set search_path = sena, pg_temp as $$
  select k.organization_id, k.id from audit_sinks k
  where k.next_attempt_at <= now()
    and exists (select from audit_seals s where s.organization_id = k.organization_id and s.seq = k.cursor + 1)
  order by k.next_attempt_at limit at_most
$$;

create function forget_old_idempotency_keys(older_ms bigint) returns integer
language sql security definer set search_path = sena, pg_temp as $$
  with gone as (delete from idempotency_keys where created_at < now() - older_ms * interval '1 millisecond' returning 1)
  select count(*)::integer from gone
$$;

-- SENA's own runbooks, replaced as a whole by the version that runs.
create function replace_own_runbooks(books jsonb) returns void
language plpgsql security definer set search_path = sena, pg_temp as $$
begin
  lock table runbooks in share row exclusive mode;
  delete from runbooks where organization_id is null
    and slug not in (select b ->> 'slug' from jsonb_array_elements(books) b);
  insert into runbooks (organization_id, slug, title, description, questions, commands, keywords, search)
  select null, b ->> 'slug', b ->> 'title', b ->> 'description', q.questions, c.commands, b ->> 'keywords',
    setweight(to_tsvector('english', b ->> 'title'), 'A') ||
    setweight(to_tsvector('english', array_to_string(q.questions, ' ') || ' ' || (b ->> 'keywords')), 'B') ||
    setweight(to_tsvector('english', b ->> 'description'), 'C')
  from jsonb_array_elements(books) b
    cross join lateral (select array(select jsonb_array_elements_text(b -> 'questions')) as questions) q
    cross join lateral (select array(select jsonb_array_elements_text(b -> 'commands')) as commands) c
  on conflict (organization_id, slug) do update set title = excluded.title, description = excluded.description,
    questions = excluded.questions, commands = excluded.commands, keywords = excluded.keywords, search = excluded.search;
end $$;

-- Partitions of output, one a month. Made by whoever writes a dispatch in a new month; cheap when it exists.
create function ensure_output_partition(month date) returns void
language plpgsql security definer set search_path = sena, pg_temp as $$
declare
  first_day date := date_trunc('month', month)::date;
  partition_name text := 'output_chunks_' || to_char(first_day, 'YYYY_MM');
begin
  if to_regclass('sena.' || partition_name) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtext('sena.output_partition'));
  if to_regclass('sena.' || partition_name) is not null then return; end if;
  execute format('create table sena.%I partition of sena.output_chunks for values from (%L) to (%L)',
    partition_name, first_day, (first_day + interval '1 month')::date);
  execute format('alter table sena.%I enable row level security', partition_name);
  execute format('alter table sena.%I force row level security', partition_name);
  execute format('create policy organization_rows on sena.%I using (organization_id = sena.current_organization()) with check (organization_id = sena.current_organization())', partition_name);
end $$;

do $$
declare
  f record;
  about_one regprocedure[] := array['reassign_dispatch(text, text[], text[], text[])', 'change_satellite_key(text, bigint, text, text, text, jsonb)'];
begin
  for f in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'sena' and p.prosecdef loop
    execute format('revoke all on function %s from public', f.name);
    -- A partition has to be made by the owner of the table it belongs to.
    if f.name <> 'ensure_output_partition(date)'::regprocedure then
      execute format('alter function %s owner to %I', f.name,
        case when f.name = any(about_one) then 'sena_organization_definer' else 'sena_definer' end);
    end if;
  end loop;
end $$;
revoke create on schema sena from sena_definer, sena_organization_definer;

grant execute on function satellite_key_is_known(text) to sena_organization_definer;
grant execute on function claim_next_run(text, integer), runs_to_ring(integer, integer), runs_to_start(integer), outbox_to_ring(integer, integer), approvals_to_expire(integer),
  dispatches_to_expire(integer, integer, integer), dispatches_left_behind(integer), dispatches_to_ask_about(integer, integer), reassign_dispatch(text, text[], text[], text[]),
  satellites_gone_silent(integer), organizations_to_seal(), audit_sinks_due(integer), forget_old_idempotency_keys(bigint),
  replace_own_runbooks(jsonb), ensure_output_partition(date), join_token_organization(text) to sena_app;
grant execute on function satellite_by_fingerprint(text), satellites_lately_closed(integer), organizations_with_limited_sites(), change_satellite_key(text, bigint, text, text, text, jsonb), claim_dispatches(text, text[], bigint[], integer, integer, integer),
  claim_inquiries(text, text[], bigint[], integer, integer) to sena_relay;
grant execute on function hold_run_lease(text, integer) to sena_checkpoint;
grant execute on function dispatches_to_sign(integer), inquiries_to_sign(integer), organizations_without_dispatch_key(),
  dispatch_key_requests_waiting(), organizations_with_private_keys(), organizations_to_checkpoint(integer, integer) to sena_signer;

select ensure_output_partition(now()::date);
select ensure_output_partition((now() + interval '1 month')::date);
