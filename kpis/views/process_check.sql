-- One row is a rep checked; it holds until the rep's next check.
SELECT
  t.id, t.rep AS owner,
  t.follows_process,
  1 AS checks,
  t.on_day,
  LEAD(t.on_day) OVER (PARTITION BY t.rep ORDER BY t.on_day ASC NULLS LAST, t.id ASC NULLS LAST) AS next_day
FROM process_check AS t
