// The API key that a run was asked for with, as JSON. For the packages that read runs. SQL text; no I/O.

/** An SQL expression over the row `run` of `runs`, where `requested_key` is not null. */
export function requestedKeyJson(run: string): string {
  return `jsonb_build_object('id', ${run}.requested_key, 'name', coalesce(${run}.requested_key_name, ''))`;
}
