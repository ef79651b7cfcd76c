-- One row is a cost.
SELECT
  t.id, t.rep AS owner, COALESCE(a.market, n.market) AS market, t.product, t.campaign,
  COALESCE(a.id, n.id, t.account) AS account, t.category,
  1 AS expenses,
  t.amount,
  t.on_day
FROM expense AS t
LEFT JOIN account AS a ON a.id = t.account
LEFT JOIN account_name AS n ON n.name = LOWER(TRIM(t.account))
