// SQL that more than one reader of executions needs. The outcome with the highest revision counts.

/** Of `o`, as a number: 32 bits without a sign are a bigint to PostgreSQL, and its driver makes text of those. */
export const exitCode = 'o.exit_code::double precision as exit_code';

export const effectiveOutcome = `left join lateral (
    select * from outcomes x where x.execution_id = e.id order by x.revision desc limit 1
  ) o on true`;
