-- One row is a day on which an account was in contact, with the days of the contacts before and after it. An activity
-- with a deal is one with its account.
WITH contact AS (
  SELECT account, day FROM done_activity WHERE account IS NOT NULL
  UNION
  SELECT o.account, x.day
  FROM done_activity AS x
  JOIN opportunity AS o ON o.id = x.opportunity
  WHERE x.account IS NULL AND o.account IS NOT NULL
)
SELECT
  account, day,
  LAG(day) OVER (PARTITION BY account ORDER BY day ASC NULLS LAST) AS day_before,
  LEAD(day) OVER (PARTITION BY account ORDER BY day ASC NULLS LAST) AS day_after
FROM contact
