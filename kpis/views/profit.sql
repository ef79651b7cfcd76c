-- One row is what a customer's won deal brought, or what a cost booked to the customer took. has_costs says whether
-- any cost is booked to the account: then its costs are known. Its rep is the account's owner.
WITH costed AS (
  SELECT account FROM fact_expense WHERE account IS NOT NULL GROUP BY account
), customer AS (
  SELECT account FROM fact_customer GROUP BY account
), entry AS (
  SELECT id, account, amount, CAST(NULL AS DOUBLE) AS cost, close_day AS on_day
  FROM won_deal
  WHERE account IS NOT NULL
  UNION ALL
  SELECT id, account, CAST(NULL AS DOUBLE) AS amount, amount AS cost, on_day
  FROM fact_expense
  WHERE account IN (SELECT account FROM customer)
)
SELECT
  e.id, a.owner, a.market, e.account,
  c.account IS NOT NULL AS has_costs,
  1 AS entries,
  e.amount, e.cost,
  e.on_day
FROM entry AS e
LEFT JOIN account AS a ON a.id = e.account
LEFT JOIN costed AS c ON c.account = e.account
