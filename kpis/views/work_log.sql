-- One row is hours of a rep. A rep's day is one, however many rows it has.
SELECT
  t.id, t.rep AS owner,
  t.category,
  COALESCE(t.rep, '') || ' ' || CAST(t.on_day AS TEXT) AS rep_day,
  1 AS logs,
  t.hours,
  t.on_day
FROM work_log AS t
