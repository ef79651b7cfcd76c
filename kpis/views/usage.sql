-- One row is an account using the product.
SELECT
  t.id, a.market,
  t.account,
  1 AS usages,
  t.quantity,
  t.on_day
FROM usage AS t
LEFT JOIN account AS a ON a.id = t.account
