-- One row is a day a rep used the CRM.
SELECT
  t.id, t.rep AS owner,
  1 AS logins,
  t.on_day
FROM login AS t
