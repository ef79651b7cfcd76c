-- One row is someone applying.
SELECT
  t.id, t.rep AS owner,
  1 AS candidates,
  t.recruiting_hours,
  t.hired_on_day - t.applied_on_day AS hire_days,
  t.applied_on_day AS applied_day,
  t.hired_on_day AS hired_day
FROM candidate AS t
