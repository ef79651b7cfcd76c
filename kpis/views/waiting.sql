-- One row is a time in which an account had an open deal, from one contact to the next. Its rep is the account's owner.
-- An account that was never contacted waits for no certain time: it has no row.
WITH stay AS (
  SELECT account, created_day AS first_day, COALESCE(exit_day, 9999999) AS last_day
  FROM fact_opportunity
  WHERE account IS NOT NULL AND created_day < COALESCE(exit_day, 9999999)
), reach AS (
  SELECT
    account, first_day, last_day,
    MAX(last_day) OVER (
      PARTITION BY account
      ORDER BY first_day ASC NULLS LAST, last_day ASC NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last_before
  FROM stay
), part AS (
  SELECT
    account, first_day, last_day,
    SUM(CASE WHEN first_day <= last_before THEN 0 ELSE 1 END) OVER (
      PARTITION BY account
      ORDER BY first_day ASC NULLS LAST, last_day ASC NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS place
  FROM reach
), whole AS (
  SELECT account, place, MIN(first_day) AS first_day, MAX(last_day) AS last_day
  FROM part
  GROUP BY account, place
), run AS (
  SELECT account, day, COALESCE(day_after, 9999999) AS day_after FROM account_contact
)
SELECT
  w.account AS id, a.owner, a.market, w.account,
  1 AS accounts,
  r.day AS contact_day,
  GREATEST(w.first_day, r.day) AS started_day,
  CASE WHEN LEAST(w.last_day, r.day_after) < 9999999 THEN LEAST(w.last_day, r.day_after) END AS ended_day
FROM whole AS w
JOIN run AS r ON r.account = w.account AND r.day < w.last_day AND r.day_after > w.first_day
LEFT JOIN account AS a ON a.id = w.account
