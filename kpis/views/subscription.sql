-- One row is a running contract; its rep is the account's owner. It runs on its last day and has left on the next; it
-- is followed if another one of its account runs on that day.
WITH contract AS (
  SELECT
    t.id, COALESCE(a.owner, n.owner) AS owner, COALESCE(a.market, n.market) AS market,
    COALESCE(a.id, n.id, t.account) AS account, t.annual_value,
    t.started_on_day AS started_day,
    t.ended_on_day AS ended_day,
    CASE WHEN t.ended_on_day IS NOT NULL THEN GREATEST(t.ended_on_day + 1, t.started_on_day) END AS left_day
  FROM subscription AS t
  LEFT JOIN account AS a ON a.id = t.account
  LEFT JOIN account_name AS n ON n.name = LOWER(TRIM(t.account))
), followed AS (
  SELECT c.id
  FROM contract AS c
  JOIN contract AS o ON o.account = c.account
  WHERE o.id <> c.id AND o.started_day <= c.left_day AND (o.left_day IS NULL OR o.left_day > c.left_day)
  GROUP BY c.id
)
SELECT
  c.id, c.owner, c.market, c.account,
  f.id IS NOT NULL AS is_followed,
  1 AS subscriptions,
  c.annual_value,
  c.started_day, c.ended_day, c.left_day
FROM contract AS c
LEFT JOIN followed AS f ON f.id = c.id
