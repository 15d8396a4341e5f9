// SQL that more than one reader of executions needs. The outcome with the highest revision counts.

export const effectiveOutcome = `left join lateral (
    select * from outcomes x where x.execution_id = e.id order by x.revision desc limit 1
  ) o on true`;
