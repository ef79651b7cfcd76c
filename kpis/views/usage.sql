-- One row is an account using the product; its rep is the account's owner.
SELECT
  t.id, COALESCE(a.owner, n.owner) AS owner, COALESCE(a.market, n.market) AS market,
  COALESCE(a.id, n.id, t.account) AS account,
  1 AS usages,
  t.quantity,
  t.on_day
FROM usage AS t
LEFT JOIN account AS a ON a.id = t.account
LEFT JOIN account_name AS n ON n.name = LOWER(TRIM(t.account))
