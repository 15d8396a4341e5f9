-- Recording what satellites report: one call a batch. Both functions run with the caller's rights, inside the organization that is
-- set. `reporters` names the satellite that said so; null is the cloud's own word. A satellite is heard only about
-- executions that were dispatched to it, or that it was asked to find out about.

-- Inserts outcomes, counts down what is pending, writes one event a run and, when a run waits for nothing more, wakes it.
-- An outcome is taken when the execution has none yet, or when the one it has is `unknown` and this revision is higher. The
-- cloud itself never says `exited`, and `not_started` only of what was never sent. Revisions are numbered by the dispatch's own
-- satellite: the `unknown` of one that was asked is stored as revision 0, which leaves room for what the other may know, and its end
-- or `not_started`, which rest on what it found on the node, as the one after what there is. Returns a row a run. `leaves`, in the
-- first of them, are the rows that were stored, by execution: what the audit event's Merkle root is over.
create function record_results(
  audit_event text, reporters text[], execution_ids uuid[], revisions integer[], attempts integer[], kinds text[], exit_codes bigint[],
  signals text[], reasons text[], details text[], started_ats timestamptz[], durations_ms integer[], stdout_sizes bigint[],
  stderr_sizes bigint[], stdout_kepts bigint[], stderr_kepts bigint[], stdout_hashes text[], stderr_hashes text[], group_hashes text[],
  modes text[], stdout_inlines bytea[], stderr_inlines bytea[], redactions text[]
) returns table (run_id text, recorded integer, event_seq integer, outbox_id bigint, leaves json)
-- Everything is looked for by its key. With statistics from when there was less, a walk through the whole table, or a bitmap and a sort, would
-- be taken for cheaper, for each row.
language plpgsql set search_path = sena, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
  touched record;
  trace text;
  is_first boolean := true;
  of_runs text[];
  -- In step with `execution_ids`; null: there is no such execution here.
  of_dispatches text[];
begin
  -- Each by its key: joined freely, tables that grow faster than their statistics are read by organization, whole, for every batch.
  select array_agg(distinct e.run_id), array_agg(e.dispatch_id order by i.place) into of_runs, of_dispatches
  from unnest(execution_ids) with ordinality as i (id, place)
    left join lateral (select x.run_id, x.dispatch_id from executions x where x.id = i.id limit 1) e on true;
  -- Runs first, in order: two relays that finish the last two dispatches of a run must see each other, and of two that speak of one
  -- execution the second sees what the first has said.
  perform 1 from runs r where r.id = any (of_runs) order by r.id for no key update;
  -- A dispatch that was never sent moves as a whole, and its run is locked meanwhile: before the lock was ours, or not at all.
  if exists (select from dispatches d where d.id = any (array(select distinct unnest(of_dispatches))) and d.superseded_at is not null) then
    select array_agg(e.dispatch_id order by i.place) into of_dispatches
    from unnest(execution_ids) with ordinality as i (id, place)
      left join lateral (select x.dispatch_id from executions x where x.id = i.id limit 1) e on true;
  end if;

  for touched in
    with incoming as (
      select * from unnest(
        reporters, execution_ids, of_dispatches, revisions, attempts, kinds, exit_codes, signals, reasons, details, started_ats, durations_ms,
        stdout_sizes, stderr_sizes, stdout_kepts, stderr_kepts, stdout_hashes, stderr_hashes, group_hashes, modes,
        stdout_inlines, stderr_inlines, redactions
      ) as i (reporter, execution_id, dispatch_id, revision, attempt, kind, exit_code, signal, reason, detail, started_at, duration_ms,
        stdout_bytes, stderr_bytes, stdout_kept, stderr_kept, stdout_sha256, stderr_sha256, group_hash, mode,
        stdout_inline, stderr_inline, redaction)
    ), heard as (
      -- Who may not speak of an execution is dropped before the highest revision is chosen, so that nobody outbids a true word.
      select distinct on (i.execution_id) i.*, d.organization_id, d.run_id,
        i.reporter is not null and i.reporter is distinct from d.satellite_id as was_asked
      from incoming i
        cross join lateral (
          select x.id, x.organization_id, x.run_id, x.satellite_id, x.sent_at from dispatches x where x.id = i.dispatch_id limit 1
        ) d
      where case when i.reporter is null then i.kind = 'unknown' or (i.kind = 'not_started' and d.sent_at is null)
        else d.satellite_id = i.reporter or exists (
          select from inquiries q where q.dispatch_id = d.id and q.satellite_id = i.reporter and q.sent_at is not null
        ) end
      -- Two may speak of one execution at once, and who knows more is heard.
      order by i.execution_id, i.kind = 'unknown', i.revision desc
    ), known as (
      select h.*, had.kind as had_kind, had.revision as had_revision,
        case when not h.was_asked then h.revision when h.kind = 'unknown' then 0 else coalesce(had.revision + 1, h.revision) end as stored_revision
      from heard h left join lateral (
        select o.kind, o.revision from outcomes o where o.execution_id = h.execution_id order by o.revision desc limit 1
      ) had on true
    ), accepted as (
      select * from known where had_kind is null or (had_kind = 'unknown' and stored_revision > had_revision)
    ), inserted as (
      insert into outcomes (organization_id, execution_id, run_id, revision, attempt, reporter, kind, exit_code, signal, reason, detail,
        started_at, duration_ms, stdout_bytes, stderr_bytes, stdout_kept_bytes, stderr_kept_bytes, stdout_sha256, stderr_sha256, group_hash,
        mode, stdout_inline, stderr_inline, redaction, audit_event_id)
      select organization_id, execution_id, run_id, stored_revision, attempt, reporter, kind, exit_code, signal, reason, detail,
        started_at, duration_ms, stdout_bytes, stderr_bytes, stdout_kept, stderr_kept, stdout_sha256, stderr_sha256, group_hash,
        mode, stdout_inline, stderr_inline, redaction::jsonb, audit_event
      from accepted
      returning execution_id, revision, attempt, reporter, kind, exit_code, signal, reason, stdout_bytes, stderr_bytes, stdout_sha256,
        stderr_sha256, mode, redaction
    ), counted_down as (
      update dispatches d set pending = d.pending - b.first_words
      from (select dispatch_id, count(*) filter (where had_kind is null) as first_words from accepted group by dispatch_id) b
      where d.id = b.dispatch_id and b.first_words > 0 returning d.id
    )
    select f.run_id as id, f.organization_id, count(*)::integer as n,
      count(*) filter (where had_kind is null)::integer as first_words,
      count(*) filter (where kind = 'exited' and exit_code = 0)::integer as exited_zero,
      count(*) filter (where kind = 'exited' and exit_code is distinct from 0)::integer as exited_nonzero,
      count(*) filter (where kind = 'not_started')::integer as not_started,
      (count(*) filter (where kind = 'unknown') - count(*) filter (where had_kind = 'unknown'))::integer as unknown,
      (select json_agg(json_build_array(s.execution_id, s.revision, s.attempt, s.reporter, s.kind, s.exit_code, s.signal, s.reason,
         s.stdout_bytes, s.stderr_bytes, s.stdout_sha256, s.stderr_sha256, s.mode,
         encode(sha256(convert_to(s.redaction::text, 'UTF8')), 'hex')) order by s.execution_id, s.revision) from inserted s) as stored
    from accepted f group by f.run_id, f.organization_id order by f.run_id
  loop
    update runs r set last_event_seq = r.last_event_seq + 1,
      exited_zero_count = r.exited_zero_count + touched.exited_zero,
      exited_nonzero_count = r.exited_nonzero_count + touched.exited_nonzero,
      not_started_count = r.not_started_count + touched.not_started,
      unknown_count = r.unknown_count + touched.unknown
    where r.id = touched.id
    returning r.last_event_seq, r.traceparent into event_seq, trace;

    insert into run_events (organization_id, run_id, seq, data)
    select touched.organization_id, touched.id, event_seq, jsonb_build_object('type', 'executions.finished', 'count', touched.n, 'counts',
      jsonb_build_object('total', r.execution_count, 'exitedZero', r.exited_zero_count, 'exitedNonZero', r.exited_nonzero_count,
        'notStarted', r.not_started_count, 'unknown', r.unknown_count, 'pending',
        r.execution_count - r.exited_zero_count - r.exited_nonzero_count - r.not_started_count - r.unknown_count))
    from runs r where r.id = touched.id;

    run_id := touched.id;
    recorded := touched.n;
    leaves := case when is_first then touched.stored end;
    is_first := false;
    outbox_id := null;
    -- A later revision of an outcome wakes nobody: the run has gone on with the first.
    if touched.first_words > 0 and not exists (select from dispatches d where d.run_id = touched.id and d.pending > 0) then
      update runs r set wake_count = r.wake_count + 1, wanted_at = now() where r.id = touched.id;
      insert into outbox (organization_id, job, run_id, traceparent) values (touched.organization_id, 'advanceRun', touched.id, trace)
      returning id into outbox_id;
    end if;
    return next;
  end loop;
end $$;

-- Appends output by byte offset. Bytes that are stored already are passed over; a piece beyond a gap is not taken. Pieces of one
-- stream come in order. Returns how far each stream is committed: what may be acknowledged.
create function record_output(reporters text[], execution_ids uuid[], attempts integer[], streams text[], byte_offsets bigint[], pieces bytea[])
returns table (execution_id uuid, attempt integer, stream text, committed_bytes bigint)
-- By their keys, as in record_results.
language plpgsql set search_path = sena, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
  piece record;
  committed bigint;
  fresh bytea;
begin
  for piece in
    select i.*, e.organization_id, e.output_month
    from unnest(reporters, execution_ids, attempts, streams, byte_offsets, pieces) with ordinality
        as i (reporter, execution_id, attempt, stream, byte_offset, data, place)
      join executions e on e.id = i.execution_id
      join dispatches d on d.id = e.dispatch_id and (i.reporter is null or d.satellite_id = i.reporter or exists (
        select from inquiries q where q.dispatch_id = d.id and q.satellite_id = i.reporter and q.sent_at is not null
      ))
    order by i.execution_id, i.attempt, i.stream, i.place
  loop
    insert into output_streams (organization_id, execution_id, attempt, stream, committed_bytes)
    values (piece.organization_id, piece.execution_id, piece.attempt, piece.stream, 0) on conflict do nothing;
    select s.committed_bytes into committed from output_streams s
    where s.execution_id = piece.execution_id and s.attempt = piece.attempt and s.stream = piece.stream for update;

    if piece.byte_offset <= committed and piece.byte_offset + octet_length(piece.data) > committed then
      fresh := substring(piece.data from (committed - piece.byte_offset + 1)::integer);
      insert into output_chunks (organization_id, output_month, execution_id, attempt, stream, byte_offset, data)
      values (piece.organization_id, piece.output_month, piece.execution_id, piece.attempt, piece.stream, committed, fresh);
      committed := committed + octet_length(fresh);
      update output_streams s set committed_bytes = committed
      where s.execution_id = piece.execution_id and s.attempt = piece.attempt and s.stream = piece.stream;
    end if;

    execution_id := piece.execution_id;
    attempt := piece.attempt;
    stream := piece.stream;
    committed_bytes := committed;
    return next;
  end loop;
end $$;

revoke all on function record_results, record_output from public;
grant execute on function record_results to sena_app, sena_relay, sena_signer;
grant execute on function record_output to sena_relay;
