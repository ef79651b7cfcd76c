-- One row is a time without a gap in which an account was a customer: while it had a subscription, or, of an account
-- that never had one, from a won deal until so many days after the last one. Its rep is the account's owner.
-- second_day is the day on which it had come to own two different products, of such a customer.
WITH contract AS (
  SELECT account, started_day AS first_day, ended_day AS last_day
  FROM fact_subscription
  WHERE account IS NOT NULL AND started_day IS NOT NULL
), stay AS (
  SELECT account, first_day, COALESCE(last_day, 9999999) AS last_day FROM contract
  UNION ALL
  SELECT account, close_day AS first_day, close_day + :customer_days AS last_day
  FROM won_deal
  WHERE account IS NOT NULL AND NOT account IN (SELECT account FROM contract)
), reach AS (
  SELECT
    account, first_day, last_day,
    MAX(last_day) OVER (
      PARTITION BY account
      ORDER BY first_day ASC NULLS LAST, last_day ASC NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last_before
  FROM stay
  WHERE last_day >= first_day
), part AS (
  SELECT
    account, first_day, last_day,
    SUM(CASE WHEN first_day <= last_before + 1 THEN 0 ELSE 1 END) OVER (
      PARTITION BY account
      ORDER BY first_day ASC NULLS LAST, last_day ASC NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS place
  FROM reach
), whole AS (
  SELECT account, place, MIN(first_day) AS first_day, MAX(last_day) AS last_day
  FROM part
  GROUP BY account, place
), bought AS (
  SELECT f.account, l.product, MIN(f.close_day) AS day
  FROM won_deal AS f
  JOIN opportunity_line AS l ON l.opportunity = f.id
  WHERE f.account IS NOT NULL AND l.product IS NOT NULL
  GROUP BY f.account, l.product
), owned AS (
  SELECT
    account, day,
    ROW_NUMBER() OVER (PARTITION BY account ORDER BY day ASC NULLS LAST, product ASC NULLS LAST) AS place
  FROM bought
)
SELECT
  w.account AS id, a.owner, a.market, w.account,
  w.place = 1 AS is_first,
  1 AS customers,
  w.first_day AS started_day,
  CASE WHEN w.last_day < 9999999 THEN w.last_day + 1 END AS ended_day,
  CASE WHEN w.last_day < 9999999 THEN w.last_day + 1 - w.first_day END AS stay_days,
  CASE WHEN o.day <= w.last_day THEN GREATEST(o.day, w.first_day) END AS second_day
FROM whole AS w
LEFT JOIN account AS a ON a.id = w.account
LEFT JOIN owned AS o ON o.account = w.account AND o.place = 2
