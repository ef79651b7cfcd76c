-- One row is a rep checked.
SELECT
  t.id, t.rep AS owner,
  t.follows_process,
  1 AS checks,
  t.on_day
FROM process_check AS t
