-- One row is a running contract; its rep is the account's owner.
SELECT
  t.id, COALESCE(a.owner, n.owner) AS owner, COALESCE(a.market, n.market) AS market,
  COALESCE(a.id, n.id, t.account) AS account,
  1 AS subscriptions,
  t.annual_value,
  t.started_on_day AS started_day,
  t.ended_on_day AS ended_day
FROM subscription AS t
LEFT JOIN account AS a ON a.id = t.account
LEFT JOIN account_name AS n ON n.name = LOWER(TRIM(t.account))
