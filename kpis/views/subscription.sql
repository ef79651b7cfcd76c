-- One row is a running contract.
SELECT
  t.id, a.market,
  t.account,
  1 AS subscriptions,
  t.annual_value,
  t.started_on_day AS started_day,
  t.ended_on_day AS ended_day
FROM subscription AS t
LEFT JOIN account AS a ON a.id = t.account
