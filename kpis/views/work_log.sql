-- One row is hours of a rep.
SELECT
  t.id, t.rep AS owner,
  t.category,
  1 AS logs,
  t.hours,
  t.on_day
FROM work_log AS t
