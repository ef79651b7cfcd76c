-- One row is a cost.
SELECT
  t.id, t.rep AS owner, a.market, t.product, t.campaign,
  t.account, t.category,
  1 AS expenses,
  t.amount,
  t.on_day
FROM expense AS t
LEFT JOIN account AS a ON a.id = t.account
