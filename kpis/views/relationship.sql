-- One row is a time in which an account or an open lead is there and its relationship is fresh, or is not: fresh from
-- the day of a contact until so many days have begun. A lead is open until it is converted. Without a creation date
-- an account was there from the first day of the data.
WITH party AS (
  SELECT 'account' AS kind, id, owner, market, COALESCE(created_at_day, :first_day) AS first_day, 9999999 AS last_day
  FROM account
  UNION ALL
  SELECT
    'lead' AS kind, id, owner, market, created_day AS first_day,
    COALESCE(converted_day, CASE WHEN became_opportunity THEN created_day ELSE 9999999 END) AS last_day
  FROM fact_lead
), lead_contact AS (
  SELECT lead AS id, day FROM done_activity WHERE lead IS NOT NULL
  UNION
  SELECT id, first_contacted_at_day AS day FROM lead WHERE first_contacted_at_day IS NOT NULL
), run AS (
  SELECT 'account' AS kind, account AS id, day, day_before, day_after FROM account_contact
  UNION ALL
  SELECT
    'lead' AS kind, id, day,
    LAG(day) OVER (PARTITION BY id ORDER BY day ASC NULLS LAST) AS day_before,
    LEAD(day) OVER (PARTITION BY id ORDER BY day ASC NULLS LAST) AS day_after
  FROM lead_contact
), edge AS (
  SELECT kind, id, day, TRUE AS is_fresh FROM run WHERE day_before IS NULL OR day > day_before + :contact_days
  UNION ALL
  SELECT kind, id, day + :contact_days AS day, FALSE AS is_fresh
  FROM run
  WHERE day_after IS NULL OR day_after > day + :contact_days
), span AS (
  SELECT
    kind, id, is_fresh, day, LEAD(day) OVER (PARTITION BY kind, id ORDER BY day ASC NULLS LAST) AS day_after
  FROM edge
  UNION ALL
  SELECT kind, id, FALSE AS is_fresh, -9999999 AS day, MIN(day) AS day_after FROM edge GROUP BY kind, id
), piece AS (
  SELECT
    p.kind, p.id, p.owner, p.market, COALESCE(s.is_fresh, FALSE) AS is_fresh,
    GREATEST(p.first_day, COALESCE(s.day, p.first_day)) AS first_day,
    LEAST(p.last_day, COALESCE(s.day_after, p.last_day)) AS last_day
  FROM party AS p
  LEFT JOIN span AS s ON s.kind = p.kind AND s.id = p.id
)
SELECT
  id, owner, market, kind, is_fresh,
  CASE WHEN kind = 'account' THEN id END AS account,
  CASE WHEN kind = 'lead' THEN id END AS lead,
  1 AS relationships,
  first_day AS started_day,
  CASE WHEN last_day < 9999999 THEN last_day END AS ended_day
FROM piece
WHERE first_day < last_day
